"""Tar headers, byte for byte as Flux's packer writes them: Go's archive/tar with all times and owners zeroed.

USTAR where a name fits (at most 100 ASCII bytes, or split at a slash into prefix and name), else a PAX `path`
record in front (Go's archive/tar; POSIX.1-2001 pax, "ustar Interchange Format"). Modes are 0644 and 0755
only, so that no umask reaches the digest.
"""

from __future__ import annotations

from gitless.errors import UsageError
from gitless.model.tree import Entry

BLOCK = 512
END = bytes(2 * BLOCK)
ROOT = Entry(".", "directory")

_NAME_BYTES = 100
_PREFIX_BYTES = 155
_MAX_OCTAL_SIZE = 0o77777777777
_FILE, _FOLDER, _PAX = b"0", b"5", b"x"


def header(entry: Entry, size: int) -> bytes:
    """Write the header of one entry, the PAX record in front included where the name needs one.

    Args:
        entry: The entry; folders carry no slash at their end.
        size: Length of the content in bytes; 0 for a folder.

    Raises:
        UsageError: The size does not fit into the header.
    """
    if size > _MAX_OCTAL_SIZE:
        raise UsageError(f"The file {entry.path!r} is too large for a tar header.", why=f"It has {size} bytes.")
    mode = 0o755 if entry.executable or entry.kind == "directory" else 0o644
    kind = _FOLDER if entry.kind == "directory" else _FILE
    name = entry.path.encode("utf-8")
    if name.isascii() and len(name) <= _NAME_BYTES:
        return _block(name, kind, size, mode)
    split = _split(name)
    if split:
        return _block(split[1], kind, size, mode, prefix=split[0])
    return _pax(name) + _block(_cut(_ascii(name)), kind, size, mode)


def padding(size: int) -> bytes:
    """The zero bytes that fill the last block of `size` bytes of content."""
    return bytes(-size % BLOCK)


def checksum(block: bytes) -> int:
    """The header checksum: the sum of all bytes with the checksum field read as blanks."""
    return sum(block[:148]) + 8 * 0x20 + sum(block[156:BLOCK])


def _block(name: bytes, kind: bytes, size: int, mode: int, prefix: bytes = b"", device: bytes = b"0000000\0") -> bytes:
    head = name.ljust(_NAME_BYTES, b"\0") + b"%07o\0" % mode + b"0000000\0" * 2
    head += b"%011o\0" % size + b"00000000000\0"
    tail = kind + bytes(100) + b"ustar\x0000" + bytes(64) + device * 2 + prefix.ljust(_PREFIX_BYTES, b"\0")
    block = (head + b" " * 8 + tail).ljust(BLOCK, b"\0")
    return head + b"%06o\0 " % checksum(block) + block[156:]


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """Go's split: the last slash within the first 156 bytes, if both halves then fit."""
    if not name.isascii():
        return None
    slash = name.rfind(b"/", 0, _PREFIX_BYTES + 1)
    if slash <= 0 or len(name) - slash - 1 > _NAME_BYTES:
        return None
    return name[:slash], name[slash + 1 :]


def _pax(name: bytes) -> bytes:
    folder, slash, base = name.rpartition(b"/")
    special = _ascii(folder + slash + b"PaxHeaders.0/" + base)[:_NAME_BYTES].rstrip(b"/")
    record = _record(b"path", name)
    return _block(special, _PAX, len(record), 0, device=bytes(8)) + record + padding(len(record))


def _cut(name: bytes) -> bytes:
    """Cut to the field as Go does: a slash that would end it is hidden behind a zero byte, the rest stays."""
    field = name[:_NAME_BYTES]
    if len(name) > _NAME_BYTES and field.endswith(b"/"):
        end = len(field[:-1].rstrip(b"/"))
        return field[:end] + b"\0" + field[end + 1 :]
    return field


def _record(key: bytes, value: bytes) -> bytes:
    """`LENGTH key=value NEWLINE`, where LENGTH counts itself."""
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + len(str(len(body)))
    length = len(body) + len(str(length))
    return str(length).encode() + body


def _ascii(name: bytes) -> bytes:
    """What Go keeps of a name in the fields that PAX overrides: its ASCII characters."""
    return bytes(byte for byte in name if byte < 0x80)
