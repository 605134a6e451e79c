import io
import os
import stat

import pytest
from tests.unit.artifact.golden_tree import GOLDEN_TREE

from gitless.artifact.pack import pack_tree
from gitless.artifact.unpack import unpack
from gitless.disk.tree import DiskTree
from gitless.disk.write import FolderWriter
from gitless.errors import DefectError, UsageError
from gitless.model.tree import Entry


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_what_was_packed_is_written_back(tmp_path, mask):
    layer = io.BytesIO()
    packed = pack_tree(GOLDEN_TREE, layer)
    layer.seek(0)
    root, before = tmp_path / "new/root", os.umask(mask)
    try:
        assert unpack(layer, FolderWriter(root)).content == packed.content
    finally:
        os.umask(before)
    assert pack_tree(DiskTree(root), io.BytesIO()) == packed
    assert stat.S_IMODE((root / "base").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "base/cm.yaml").stat().st_mode) == 0o644
    assert stat.S_IMODE((root / "run.sh").stat().st_mode) == 0o755


def test_folders_that_were_not_named_are_made(tmp_path):
    writer = FolderWriter(tmp_path)
    writer.write(Entry("a/b/c", "file"), b"1")
    writer.write(Entry("a/b", "directory"), b"")
    assert (tmp_path / "a/b/c").read_bytes() == b"1"


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(UsageError, match="not empty"):
        FolderWriter(tmp_path)


def test_a_root_that_is_a_link_or_a_file_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(UsageError, match="cannot be written"):
            FolderWriter(tmp_path / name)


def test_a_link_that_appears_meanwhile_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    writer = FolderWriter(tmp_path / "root")
    (tmp_path / "root/d").symlink_to(outside)
    with pytest.raises(UsageError, match="cannot be written"):
        writer.write(Entry("d/a", "file"), b"1")
    (tmp_path / "root/f").symlink_to(outside / "f")
    with pytest.raises(UsageError, match="cannot be written"):
        writer.write(Entry("f", "file"), b"1")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("path", ["../a", "/a", "a\\b"])
def test_an_unchecked_path_is_a_defect(tmp_path, path):
    with pytest.raises(DefectError, match="must not be written"):
        FolderWriter(tmp_path).write(Entry(path, "file"), b"")
