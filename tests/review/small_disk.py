"""Run a command where a folder is a small disk; lines of stdin fill it and make room again.

small_disk.py FOLDER BYTES COMMAND... as root of a mount namespace.
"""

import subprocess
import sys
from pathlib import Path


def main(folder, size, *command):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    ballast = Path(folder, "ballast")
    process = subprocess.Popen(command)
    for line in sys.stdin:
        if line == "fill\n":
            fill(ballast)
        elif line == "free\n":
            ballast.unlink()
        else:
            break
        print("done", flush=True)
    process.terminate()
    process.wait()


def fill(path):
    with open(path, "ab", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                pass


if __name__ == "__main__":
    main(*sys.argv[1:])
