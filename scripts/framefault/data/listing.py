"""All files of a folder, whatever they are."""

from pathlib import Path

from framefault.files import sha256


def list_files(root):
    """All files below a folder at any depth, as sorted relative paths; hidden ones are left out."""
    found = (path.relative_to(root).as_posix() for path in Path(root).rglob("*") if path.is_file())
    return sorted(path for path in found if "/." not in f"/{path}")


def sizes_digest(root):
    """Digest of the names and sizes of all files below a folder; they are not read."""
    lines = (f"{path}\0{Path(root, path).stat().st_size}" for path in list_files(root))
    return sha256("\n".join(lines).encode(errors="surrogateescape"))[:16]
