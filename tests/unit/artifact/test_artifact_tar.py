import hashlib
import json
from pathlib import Path

import pytest

from gitless.artifact.tar import END, checksum, header, padding
from gitless.errors import UsageError
from gitless.model.tree import Entry

VECTORS = [
    json.loads(line) for line in Path("tests/golden/artifact/go-tar-headers.jsonl").read_text("utf-8").splitlines()
]
WRITABLE = [vector for vector in VECTORS if vector["size"] < 8 * 1024**3]


def test_every_header_has_the_bytes_go_writes():
    assert len(WRITABLE) > 180
    for vector in WRITABLE:
        block = header(Entry(vector["name"], vector["kind"], vector["executable"]), vector["size"])
        assert len(block) == vector["header_bytes"], vector["name"]
        assert hashlib.sha256(block).hexdigest() == vector["header_sha256"], vector["name"]


def test_a_file_of_8_gib_is_refused_where_go_would_change_the_format():
    with pytest.raises(UsageError, match="too large for a tar header"):
        header(Entry("big", "file"), 8 * 1024**3)


def test_modes_are_0644_and_0755_only():
    assert header(Entry("a", "file"), 0)[100:108] == b"0000644\0"
    assert header(Entry("a", "file", executable=True), 0)[100:108] == b"0000755\0"
    assert header(Entry("a", "directory"), 0)[100:108] == b"0000755\0"


def test_the_checksum_reads_its_own_field_as_blanks():
    block = header(Entry("a", "file"), 3)
    assert int(block[148:154], 8) == sum(block[:148] + b" " * 8 + block[156:]) == checksum(block)


@pytest.mark.parametrize(("size", "zeros"), [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)])
def test_content_is_padded_to_whole_blocks(size, zeros):
    assert padding(size) == bytes(zeros)


def test_the_archive_ends_in_two_zero_blocks():
    assert bytes(1024) == END
