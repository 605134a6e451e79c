import errno
import io
import os
import socket
from pathlib import Path

import pytest
from tests.unit.artifact.golden_tree import GOLDEN_TREE, TAR_SHA256

from gitless.artifact.ignore import IgnoreRules
from gitless.artifact.pack import pack_tree
from gitless.disk import tree as disk_tree
from gitless.disk.tree import DiskTree
from gitless.errors import UsageError
from gitless.model.tree import Entry


def lay_out(root: Path, tree=GOLDEN_TREE) -> Path:
    for entry in tree.walk():
        path = root / entry.path
        if entry.kind == "directory":
            path.mkdir(parents=True)
        else:
            path.write_bytes(tree.read(entry.path))
            path.chmod(0o755 if entry.executable else 0o644)
    return root


def digest(root: Path) -> str:
    return pack_tree(DiskTree(root), io.BytesIO()).tar_digest.hex


def refusal(root: Path, rules: IgnoreRules | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        list(DiskTree(root, rules).walk())
    return str(caught.value)


def test_a_folder_is_walked_as_the_same_tree_in_memory(tmp_path):
    lay_out(tmp_path)
    assert list(DiskTree(tmp_path).walk()) == list(GOLDEN_TREE.walk())
    assert digest(tmp_path) == TAR_SHA256


def test_folders_come_before_their_content_and_before_longer_names(tmp_path):
    for name in ("a.b", "a/z", "a/b/c", "a-b"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [entry.path for entry in DiskTree(tmp_path).walk()] == ["a", "a/b", "a/b/c", "a/z", "a-b", "a.b"]


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_the_umask_does_not_matter(tmp_path, mask):
    before = os.umask(mask)
    try:
        root = tmp_path / "root"
        root.mkdir()
        for entry in GOLDEN_TREE.walk():
            if entry.kind == "directory":
                (root / entry.path).mkdir()
            else:
                (root / entry.path).write_bytes(GOLDEN_TREE.read(entry.path))
        (root / "run.sh").chmod(0o777 & ~mask)
    finally:
        os.umask(before)
    assert digest(root) == TAR_SHA256


def test_times_owners_and_special_bits_do_not_matter(tmp_path):
    lay_out(tmp_path)
    os.utime(tmp_path / "run.sh", (1, 1))
    (tmp_path / "empty").chmod(0o3777)
    (tmp_path / "base/cm.yaml").chmod(0o1664)
    if os.geteuid() == 0:
        os.chown(tmp_path / "base/cm.yaml", 1234, 5678)
    assert digest(tmp_path) == TAR_SHA256


def test_the_order_the_folder_lists_does_not_matter(tmp_path, monkeypatch):
    lay_out(tmp_path)
    listdir = os.listdir
    monkeypatch.setattr(disk_tree.os, "listdir", lambda handle: sorted(listdir(handle), reverse=True))
    assert digest(tmp_path) == TAR_SHA256
    monkeypatch.setattr(disk_tree.os, "listdir", lambda handle: sorted(listdir(handle)))
    assert digest(tmp_path) == TAR_SHA256


@pytest.mark.parametrize("target", ["a.yaml", "/etc/passwd", "missing", "."])
def test_a_symbolic_link_is_refused_by_name(tmp_path, target):
    (tmp_path / "a.yaml").touch()
    (tmp_path / "link").symlink_to(target)
    text = refusal(tmp_path)
    assert "'link' cannot be packed" in text
    assert "symbolic link" in text


def test_a_fifo_and_a_socket_are_refused_by_name(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "a fifo" in refusal(tmp_path)
    (tmp_path / "pipe").unlink()
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("sock")
    finally:
        os.chdir(here)
    assert "a socket" in refusal(tmp_path)


def test_the_root_itself_may_be_no_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to("real")
    assert "cannot be read" in refusal(tmp_path / "root")


def test_a_missing_root_is_named(tmp_path):
    assert "nowhere" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [b"\xff.yaml", b"a\nb", b"a\\b"])
def test_refused_names_are_shown_escaped(tmp_path, name):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    text = refusal(tmp_path)
    assert "cannot be packed" in text
    assert "a\nb" not in text


def test_ignored_links_and_names_are_not_looked_at(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/link").symlink_to("/etc/passwd")
    (tmp_path / "x.png").symlink_to("/etc/passwd")
    (tmp_path / "a.yaml").touch()
    for additions in ((), ("!kept",)):  # with and without pruning
        rules = IgnoreRules.with_defaults(additions)
        assert list(DiskTree(tmp_path, rules).walk()) == [Entry("a.yaml", "file")]


def test_a_file_below_an_ignored_folder_can_be_taken_back_in(tmp_path):
    lay_out(tmp_path)
    rules = IgnoreRules.parse(["/*", "!base/cm.yaml"])
    assert [entry.path for entry in DiskTree(tmp_path, rules).walk()] == ["base/cm.yaml"]


def test_limits_are_refused(tmp_path, monkeypatch):
    lay_out(tmp_path)
    monkeypatch.setattr(disk_tree, "MAX_FILE_BYTES", 87)
    assert "'base/cm.yaml'" in refusal(tmp_path)
    with pytest.raises(UsageError, match="too large"):
        DiskTree(tmp_path).read("base/cm.yaml")
    assert len(DiskTree(tmp_path).read("base/kustomization.yaml")) == 87
    monkeypatch.undo()
    monkeypatch.setattr(disk_tree, "MAX_TREE_BYTES", 271)
    assert "too large" in refusal(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(disk_tree, "MAX_TREE_ENTRIES", 6)
    assert "too large" in refusal(tmp_path)


def test_a_file_swapped_for_a_link_is_refused(tmp_path):
    (tmp_path / "a").touch()
    tree = DiskTree(tmp_path)
    assert list(tree.walk()) == [Entry("a", "file")]
    (tmp_path / "a").unlink()
    (tmp_path / "a").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="'a' cannot be read"):
        tree.read("a")


def test_a_folder_swapped_for_a_link_is_refused(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").touch()
    tree, outside = DiskTree(tmp_path), tmp_path.parent / f"{tmp_path.name}-outside"
    list(tree.walk())
    (tmp_path / "d").rename(outside)
    (tmp_path / "d").symlink_to(outside)
    with pytest.raises(UsageError, match="'d/a' cannot be read"):
        tree.read("d/a")


def test_a_file_swapped_for_a_fifo_neither_blocks_nor_is_read(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(UsageError, match="no file any more"):
        DiskTree(tmp_path).read("a")


def test_a_file_swapped_for_a_folder_is_refused_without_leaking_a_descriptor(tmp_path):
    (tmp_path / "a").mkdir()
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(UsageError, match="cannot be read"):
        DiskTree(tmp_path).read("a")
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a/../../b", "."])
def test_reading_stays_below_the_root(tmp_path, path):
    with pytest.raises(UsageError, match="cannot be read"):
        DiskTree(tmp_path).read(path)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    (tmp_path / "d").mkdir()

    def deny(_handle):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(disk_tree.os, "listdir", deny)
    assert "Permission denied" in refusal(tmp_path)
