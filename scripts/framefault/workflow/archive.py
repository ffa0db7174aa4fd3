"""What outlives a machine: results in one small file, and these back in a new clone.

The archive holds tables, figures, comparisons, the report, excerpts of frames, cells and manifests,
whatever tables, figures, comparisons and the report read, and the record of every job. Other bulk
data (clips, frames, models) is left out; its records hold the digests by which a later run accepts
what was made from it. The archive describes itself as RO-Crate and as Croissant.
"""

import io
import json
import lzma
import tarfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from framefault.errors import UserError
from framefault.files import sha256, whole, write_json
from framefault.workflow import crate, croissant, provenance
from framefault.workflow.config import CONFIG
from framefault.workflow.costs import USAGE

RESULTS = Path("results")
NAME = "archive.tar.xz"
MOST = 50_000_000  # bytes, so that it can be attached and sent
DIGESTS = "SHA256SUMS"
TIMES = Path("results/times.json")  # when the run began and ended, once its logs are gone
# Of these folders only records are kept.
BULK = {"raw", "clips", "corrupted", "decoded", "models", "checkpoints", "predictions"}
# These are of the machine, not of the results.
LEFT_OUT = {"logs", ".records"}
# Of the project, so that the archive can be understood without it; they are not restored.
ABOUT = (crate.WORKFLOW, crate.SETTINGS, crate.LICENCE, "CITATION.cff")
DESCRIBED = {crate.NAME: crate.crate, croissant.NAME: croissant.croissant}


def write(path, most=MOST):
    """Write the archive of `results/`; the same results give the same bytes.

    Returns the number of files in it. Raises UserError if a file is not what its record says, if
    nothing is there, or if the archive would have more than `most` bytes.
    """
    times = times_of_run()
    if times:
        write_json(TIMES, times)
    read_again = inputs_of("tables/*", "figures/*", "comparison/*", "report")
    files = {
        file.as_posix(): file.read_bytes()
        for file in sorted(RESULTS.rglob("*"))
        if file.is_file() and (file.as_posix() in read_again or kept(file))
    }
    if "results/report.html" not in files:
        raise UserError("results/ has no report.html: run `make demo` or `snakemake all` first")
    for fault in differences(files):
        raise UserError(f"nothing was archived: {fault}; delete that file, and make it again")
    count = len(files)
    files |= {name: (CONFIG.parent / name).read_bytes() for name in ABOUT}
    described = {name: as_json(describe(files, times)) for name, describe in DESCRIBED.items()}
    files = dict(sorted((described | files).items()))
    lines = "".join(f"{sha256(data)}  {name}\n" for name, data in files.items())
    with whole(path) as part:
        with tarfile.open(part, "w:xz", format=tarfile.USTAR_FORMAT) as archive:
            for name, data in [(DIGESTS, lines.encode()), *files.items()]:
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        if (size := part.stat().st_size) > most:
            raise too_large(size, most, files)
    return count


def as_json(value):
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def too_large(size, most, files):
    folders = Counter()
    for name, data in files.items():
        folders["/".join(name.split("/")[:3])] += len(data)
    ((largest, its),) = folders.most_common(1)
    return UserError(
        f"the archive would have {size / 1e6:.1f} MB, more than {most / 1e6:g}: {largest} is"
        f" largest with {its / 1e6:.1f} MB before compression; move what is not needed out of"
        f" results/, or run `make archive MAX_MB={size // 1_000_000 + 1}`"
    )


def inputs_of(*patterns):
    """The files that the jobs with these records below results/ read."""
    records = [each for name in patterns for each in RESULTS.glob(f"{name}{provenance.SUFFIX}")]
    return {path for each in records for path in provenance.read(each)["inputs"]}


def times_of_run():
    """When the first job began and the last one ended, in ISO 8601, by their logs; or None.

    What an earlier archive said counts as well: restored results have no logs.
    """
    found = json.loads(TIMES.read_text(encoding="utf-8")) if TIMES.is_file() else []
    for log in RESULTS.glob("logs/**/*.log"):
        *_, last = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        if usage := USAGE.search(last):
            end = datetime.strptime(last[:19], "%Y-%m-%d %H:%M:%S").astimezone()
            start = end - timedelta(seconds=int(float(usage[1])))
            found += [start.isoformat(), end.isoformat()]
    found.sort(key=datetime.fromisoformat)
    return [found[0], found[-1]] if found else None


def kept(file):
    """Whether a file below results/ goes into the archive."""
    folder = file.relative_to(RESULTS).parts[0]
    if folder in LEFT_OUT or file.name == NAME or file.name[0] == ".":
        return False
    return folder not in BULK or file.name.endswith(provenance.SUFFIX)


def restore(path):
    """Write the files of an archive below `results/`, after all of them were checked.

    Returns their number. Raises UserError if the archive is damaged or results/ has files; then
    nothing is written.
    """
    if any(file.is_file() for file in RESULTS.rglob("*") if file.parts[1] not in LEFT_OUT):
        raise UserError("results/ has files already: restore in a new clone, or move them away")
    files = read(path)
    for fault in differences(files):
        raise damaged(path, fault)
    for name, data in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        with whole(Path(name)) as part:
            part.write_bytes(data)
    return len(files)


def read(path):
    """{name: bytes} of the results in an archive, each checked by its own list of digests."""
    try:
        with tarfile.open(path, "r:xz") as archive:
            files = {
                each.name: archive.extractfile(each).read() for each in archive if each.isreg()
            }
        digests = [line.split("  ", 1) for line in files.pop(DIGESTS).decode().splitlines()]
    except FileNotFoundError as error:
        raise UserError(f"there is no archive {path}") from error
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError, lzma.LZMAError) as error:
        raise damaged(path, repr(error)) from error
    if digests != [[sha256(data), name] for name, data in files.items()]:
        raise damaged(path, "its files are not those of its list of digests")
    files = {name: data for name, data in files.items() if name not in (*ABOUT, *DESCRIBED)}
    for name in files:
        if Path(name).parts[0] != RESULTS.name or ".." in Path(name).parts:
            raise damaged(path, f"{name} does not belong below results/")
    return files


def damaged(path, reason):
    """Other than for an intermediate file, nobody is told to delete what is damaged."""
    return UserError(f"{path} cannot be used ({reason}): nothing was written; take a whole copy")


def differences(files):
    """Sentences on files that differ from what the records of their jobs say of them."""
    for name, data in files.items():
        if not name.endswith(provenance.SUFFIX):
            continue
        for output, made in provenance.parse(data, name)["outputs"].items():
            path = f"{Path(name).parent.as_posix()}/{output}"
            if path in files and sha256(files[path]) != made["sha256"]:
                yield f"{path} is not what its record says"
