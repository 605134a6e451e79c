import stat

import pytest
from tests.unit.artifact.golden_tree import GOLDEN_TREE

from gitless.artifact.pack import pack_tree
from gitless.disk.scratch import scratch_blob
from gitless.model.digest import Digest


def test_a_layer_is_written_once_and_read_often(tmp_path):
    with scratch_blob(tmp_path) as scratch:
        packed = pack_tree(GOLDEN_TREE, scratch.sink)
        blob = scratch.blob(packed.descriptor)
        with blob.open() as first, blob.open() as second:
            head = first.read(10)
            content = second.read()
        assert content.startswith(head)
        assert (Digest.of(content), len(content)) == (blob.descriptor.digest, blob.descriptor.size)
        assert stat.S_IMODE(scratch.path.parent.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_behind_after_an_error(tmp_path):
    def fail():
        with scratch_blob(tmp_path) as scratch:
            scratch.sink.write(b"x")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert list(tmp_path.iterdir()) == []
