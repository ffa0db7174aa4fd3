"""What outlives a machine: results in one small file, and these back in a new clone.

The archive holds tables, figures, comparisons, the report, cells and manifests, whatever tables,
comparisons and claims read, and the record of every job. Other bulk data (clips, frames, models) is
left out; its records hold the digests by which a later run accepts what was made from it.
"""

import io
import lzma
import tarfile
from pathlib import Path

from framefault.errors import UserError
from framefault.files import sha256, whole
from framefault.workflow import provenance

RESULTS = Path("results")
NAME = "archive.tar.xz"
DIGESTS = "SHA256SUMS"
# Of these folders only records are kept.
BULK = {"raw", "clips", "corrupted", "decoded", "models", "checkpoints", "predictions"}
# These are of the machine, not of the results.
LEFT_OUT = {"logs", ".records"}


def write(path):
    """Write the archive of `results/`; the same results give the same bytes.

    Returns the number of files in it. Raises UserError if a file is not what its record says, or
    if nothing is there.
    """
    read_again = inputs_of("tables", "comparison")
    files = {
        file.as_posix(): file.read_bytes()
        for file in sorted(RESULTS.rglob("*"))
        if file.is_file() and (file.as_posix() in read_again or kept(file))
    }
    if "results/report.html" not in files:
        raise UserError("results/ has no report.html: run `make demo` or `snakemake all` first")
    check(files, path)
    lines = "".join(f"{sha256(data)}  {name}\n" for name, data in files.items())
    with whole(path) as part, tarfile.open(part, "w:xz", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in [(DIGESTS, lines.encode()), *files.items()]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return len(files)


def inputs_of(*folders):
    """The files that the jobs of these folders below results/ read, by their records."""
    records = [each for name in folders for each in RESULTS.glob(f"{name}/*{provenance.SUFFIX}")]
    return {path for each in records for path in provenance.read(each)["inputs"]}


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
    check(files, path)
    for name, data in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        with whole(Path(name)) as part:
            part.write_bytes(data)
    return len(files)


def read(path):
    """{name: bytes} of an archive, each checked by the archive's own list of digests."""
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
    for name in files:
        if Path(name).parts[0] != RESULTS.name or ".." in Path(name).parts:
            raise damaged(path, f"{name} does not belong below results/")
    return files


def damaged(path, reason):
    """Other than for an intermediate file, nobody is told to delete what is damaged."""
    return UserError(f"{path} cannot be used ({reason}): nothing was written; take a whole copy")


def check(files, path):
    """Raise UserError if a file differs from what the record of its job says of it."""
    for name, data in files.items():
        if not name.endswith(provenance.SUFFIX):
            continue
        for output, made in provenance.parse(data, name)["outputs"].items():
            found = files.get(f"{Path(name).parent.as_posix()}/{output}")
            if found is not None and sha256(found) != made["sha256"]:
                raise damaged(path, f"{output} is not what its record {name} says")
