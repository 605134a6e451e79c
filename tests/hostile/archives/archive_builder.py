"""Builds archives block by block, so that every fault can be put in by name."""

import gzip

from gitless.artifact.tar import BLOCK, checksum

END = bytes(2 * BLOCK)


def block(
    name=b"a", kind=b"0", size=0, mode=0o644, *, link=b"", magic=b"ustar\x0000", prefix=b"", tail=b"", size_field=None
):
    """One header block with a right checksum."""
    size_field = size_field or b"%011o\0" % size
    head = name.ljust(100, b"\0") + b"%07o\0" % mode + b"0000000\0" * 2 + size_field + b"00000000000\0"
    rest = kind + link.ljust(100, b"\0") + magic + bytes(80) + prefix.ljust(155, b"\0") + tail.ljust(12, b"\0")
    raw = head + b" " * 8 + rest
    assert len(raw) == BLOCK
    return head + b"%06o\0 " % checksum(raw) + rest


def member(name=b"a", content=b"", kind=b"0", **fields):
    """A header with its padded content."""
    fields.setdefault("size", len(content))
    return block(name, kind, **fields) + content + bytes(-len(content) % BLOCK)


def record(key, value):
    """One PAX record with a right length."""
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + 1
    while length != len(body) + len(str(length)):
        length += 1
    return str(length).encode() + body


def pax(*records):
    """A PAX extended header."""
    return member(b"PaxHeaders.0/a", b"".join(records), b"x", mode=0)


def layer(*members, end=END):
    """A gzip stream of the members and the end of an archive."""
    return gzip.compress(b"".join(members) + end, mtime=0)
