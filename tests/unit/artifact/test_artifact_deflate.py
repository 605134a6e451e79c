import gzip
import hashlib
import io
import random
import zlib

import deflate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.artifact.deflate import GZIP_HEADER, MEMBER_BYTES, GzipWriter, _require_known_bytes, gzip_member
from gitless.errors import DefectError


def compress(*pieces: bytes) -> bytes:
    sink = io.BytesIO()
    writer = GzipWriter(sink)
    for piece in pieces:
        writer.write(piece)
    writer.close()
    return sink.getvalue()


def sample(size: int) -> bytes:
    source = random.Random(20)
    words = [bytes(source.choices(b"abcdefghij", k=source.randint(2, 9))) for _ in range(400)]
    return b" ".join(source.choices(words, k=size // 4 + 2))[:size]


def test_the_header_is_the_one_go_writes():
    assert bytes.fromhex("1f8b08 00 00000000 00 ff") == GZIP_HEADER
    assert compress(b"x")[:10] == GZIP_HEADER


@pytest.mark.parametrize(
    ("size", "length", "digest"),
    [
        (1, 24, "fb5cd0e50ee08a140d82c2d7dd9da29218b96ef1cf2de5f28d303194739886fe"),
        (1000, 459, "7fa7806b674ca0979ec6041fd4bcf07ad449a3714ea87f918926991e2445ef62"),
        (MEMBER_BYTES - 1, 304731, "fc5433324d6974a6336d2a714047390f0de42c1c89495097809a290ad58b025f"),
        (MEMBER_BYTES, 304731, "e9b06453cb4d4db1b3dea595ef2a917f469a604cc972d98049e5d699221fcedc"),
        (MEMBER_BYTES + 1, 304755, "a061c9b7c5cc829630de4bd621080d6734932aad6a87d34f4d3455c3bc22aea0"),
        (3 * MEMBER_BYTES, 914400, "c740f1ec13abed8da692724da56ef46d5b9692345ccdda0289ca5e7a2f68ec98"),
    ],
)
def test_the_bytes_are_the_same_on_every_interpreter(size, length, digest):
    stream = compress(sample(size))
    assert (len(stream), hashlib.sha256(stream).hexdigest()) == (length, digest)


@pytest.mark.parametrize("size", [0, 1, MEMBER_BYTES - 1, MEMBER_BYTES, MEMBER_BYTES + 1, 2 * MEMBER_BYTES + 7])
def test_other_readers_get_the_input_back(size):
    stream = compress(sample(size))
    assert gzip.decompress(stream) == sample(size)
    members = 0
    while stream:
        member = zlib.decompressobj(31)
        member.decompress(stream)
        assert member.eof
        stream, members = member.unused_data, members + 1
    assert members == -(-size // MEMBER_BYTES)


@given(st.lists(st.binary(max_size=2000), max_size=8))
def test_the_pieces_it_is_written_in_do_not_matter(pieces):
    assert compress(*pieces) == compress(b"".join(pieces))


def test_large_pieces_are_cut_at_the_same_places():
    whole = sample(2 * MEMBER_BYTES + 10)
    assert compress(whole[:700_000], whole[700_000:]) == compress(whole)


def _raw_zlib(content: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()


def test_a_compressor_that_writes_other_bytes_is_refused(monkeypatch):
    _require_known_bytes.cache_clear()
    monkeypatch.setattr(deflate, "deflate_compress", _raw_zlib)
    try:
        with pytest.raises(DefectError, match="other bytes"):
            GzipWriter(io.BytesIO())
    finally:
        _require_known_bytes.cache_clear()


def test_a_member_carries_checksum_and_length():
    assert gzip_member(b"abc")[-8:] == zlib.crc32(b"abc").to_bytes(4, "little") + (3).to_bytes(4, "little")
