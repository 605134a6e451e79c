"""Reads tar members that came from outside: only plain files and folders, spelled as we or Flux spell them.

USTAR, PAX `path` and `size` records and GNU long names are read; everything else is refused by name,
since Flux would drop, empty or misplace such files, or fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gitless.artifact.gunzip import GunzipReader
from gitless.artifact.limits import Limits
from gitless.artifact.paths import path_fault, shown
from gitless.artifact.tar import BLOCK, checksum
from gitless.errors import UntrustedContentError
from gitless.model.tree import Entry

_ZERO = bytes(BLOCK)
_MAX_EXTENSION_BYTES = 64 * 1024
_HARMLESS_RECORDS = frozenset((b"path", b"size", b"mtime", b"atime", b"ctime", b"uid", b"gid", b"uname", b"gname"))
_SPECIAL_BITS = 0o6000
_REFUSED = {
    b"1": "a hard link, which Flux unpacks as an empty file",
    b"2": "a symbolic link, which Flux drops",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a fifo",
    b"g": "a PAX global header, which Flux unpacks as a stray file",
    b"K": "a long link name",
    b"S": "a sparse file",
}


@dataclass(frozen=True, slots=True)
class _Header:
    """The fields of one header block that matter."""

    name: bytes
    kind: bytes
    mode: int
    size: int

    @classmethod
    def read(cls, block: bytes) -> _Header:
        if _octal(block[148:156], "checksum") != checksum(block):
            raise UntrustedContentError("The layer is damaged.", why="The checksum of a tar header is wrong.")
        name, prefix = _text(block[:100]), _prefix(block)
        return cls(
            prefix + b"/" + name if prefix else name,
            block[156:157],
            _octal(block[100:108], "mode"),
            _octal(block[124:136], "size"),
        )


def _prefix(block: bytes) -> bytes:
    """The name's first half; fields that readers disagree on must be empty (star's trailer, GNU's own fields)."""
    magic, tail = block[257:265], block[345:]
    if magic not in (b"ustar\x0000", b"ustar  \0"):
        raise UntrustedContentError("The layer is no USTAR archive.", why="A header lacks the mark of the format.")
    if any(tail[155:]) or (magic[5:] != b"\x0000" and any(tail)):
        raise UntrustedContentError("The layer is damaged.", why="A tar header holds bytes outside its fields.")
    return _text(tail[:155])


def read_members(source: GunzipReader, limits: Limits) -> Iterator[tuple[Entry, bytes]]:
    """Yield files with their content and folders with none, in the archive's order; the root is left out.

    Raises:
        UntrustedContentError: Anything but plain files and folders with names Flux accepts, or a limit.
    """
    extensions: dict[bytes, bytes] = {}
    while (block := source.read_exactly(BLOCK)) != _ZERO:
        header = _Header.read(block)
        if header.kind in (b"x", b"L"):
            if extensions:
                raise UntrustedContentError("The layer holds two extended headers in a row.")
            extensions = _read_extension(source, header)
            continue
        member = _member(header, extensions, limits)
        content = _read_padded(source, member[1])
        if member[0].path:
            yield member[0], content
        extensions = {}
    _read_end(source, bool(extensions))


def _member(header: _Header, extensions: dict[bytes, bytes], limits: Limits) -> tuple[Entry, int]:
    """Judge one header; the entry's path is empty for the root."""
    raw = extensions.get(b"path", header.name)
    size = _decimal(extensions[b"size"]) if b"size" in extensions else header.size
    is_folder = header.kind == b"5"
    path = _path(raw, is_folder)
    if header.kind not in (b"0", b"\0", b"5"):
        what = _REFUSED.get(header.kind, f"an entry of type {header.kind!r}")
        raise UntrustedContentError(f"The layer holds {what}: {shown(path)}.")
    if is_folder and size:
        raise UntrustedContentError(f"The folder {shown(path)} has content.")
    if not is_folder and header.mode & _SPECIAL_BITS:
        raise UntrustedContentError(f"The file {shown(path)} carries a setuid or setgid bit.")
    if size > limits.max_file_bytes:
        raise UntrustedContentError(
            f"The file {shown(path)} is too large.", why=f"{size} bytes; {limits.max_file_bytes} are allowed."
        )
    if is_folder:
        return Entry(path, "directory"), 0
    return Entry(path, "file", bool(header.mode & 0o100)), size


def _path(raw: bytes, is_folder: bool) -> str:
    """A checked relative path; `./` in front and a folder's slash at the end are dropped, the root is empty."""
    text = raw.decode("utf-8", "surrogateescape")
    if is_folder and text in (".", "./"):
        return ""
    path = text.removeprefix("./")
    path = path.removesuffix("/") if is_folder else path
    fault = path_fault(path)
    if fault:
        raise UntrustedContentError(f"The layer holds an entry with a refused name: {shown(text)}.", why=f"{fault}.")
    return path


def _read_extension(source: GunzipReader, header: _Header) -> dict[bytes, bytes]:
    if header.size > _MAX_EXTENSION_BYTES:
        raise UntrustedContentError("The layer holds an over-long extended header.", why=f"{header.size} bytes.")
    content = _read_padded(source, header.size)
    return {b"path": _text(content)} if header.kind == b"L" else _records(content)


def _records(content: bytes) -> dict[bytes, bytes]:
    """Read PAX records, `LENGTH key=value NEWLINE` each; the length counts itself."""
    records: dict[bytes, bytes] = {}
    while content:
        digits, _, rest = content[:20].partition(b" ")
        length = _decimal(digits)
        record, content = content[len(digits) + 1 : length], content[length:]
        key, equals, value = record[:-1].partition(b"=")
        sound = len(digits) + 1 + len(record) == length and record.endswith(b"\n") and rest and equals
        if not sound or b"\0" in value or key in records:
            raise UntrustedContentError("The layer holds a malformed PAX header.")
        if key not in _HARMLESS_RECORDS:
            raise UntrustedContentError(
                "The layer holds a PAX record that gitless does not know.", why=f"Its key is {ascii(key)[:100]}."
            )
        records[key] = value
    return records


def _read_padded(source: GunzipReader, size: int) -> bytes:
    content = source.read_exactly(size)
    if any(source.read_exactly(-size % BLOCK)):
        raise UntrustedContentError("The layer is damaged.", why="Bytes are hidden in the padding of an entry.")
    return content


def _read_end(source: GunzipReader, dangling: bool) -> None:
    """The archive ends in two zero blocks; then only zeros may follow (other tools pad to 10 KiB)."""
    if dangling or source.read_exactly(BLOCK) != _ZERO:
        raise UntrustedContentError("The layer is damaged.", why="The end of the archive is malformed.")
    while rest := source.read(_MAX_EXTENSION_BYTES):
        if any(rest):
            raise UntrustedContentError("The layer is damaged.", why="Data follows the end of the archive.")


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _octal(field: bytes, what: str) -> int:
    text = field.rstrip(b"\0 ").lstrip(b" ")
    if not text or any(byte not in b"01234567" for byte in text):
        raise UntrustedContentError("The layer is damaged.", why=f"The {what} of a tar header is no octal number.")
    return int(text, 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18:
        raise UntrustedContentError("The layer holds a malformed PAX header.")
    return int(text)
