import gzip
import hashlib
import io
import random
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.artifact.golden_tree import GOLDEN_TREE, TAR_SHA256

from gitless.artifact.content import ContentHasher
from gitless.artifact.limits import Limits
from gitless.artifact.pack import LayerWriter, PackedLayer, pack_tree
from gitless.artifact.paths import path_fault
from gitless.artifact.unpack import content_of_layer, iter_entries
from gitless.errors import DefectError, UsageError
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT, OCI_LAYER
from gitless.model.tree import Entry, MemoryTree


def pack(tree: MemoryTree, media_type: str = FLUX_CONTENT, **limits: int) -> tuple[bytes, PackedLayer]:
    sink = io.BytesIO()
    packed = pack_tree(tree, sink, media_type, Limits(**limits))
    return sink.getvalue(), packed


def test_the_golden_tree_packs_to_the_tar_flux_makes():
    layer, packed = pack(GOLDEN_TREE)
    tar = gzip.decompress(layer)
    assert len(tar) == 7168
    assert packed.tar_digest == Digest(TAR_SHA256) == Digest.of(tar)


def test_the_golden_tree_packs_to_a_settled_layer_and_content_hash():
    layer, packed = pack(GOLDEN_TREE)
    assert packed.descriptor == Descriptor.of(layer, FLUX_CONTENT)
    assert (packed.descriptor.size, packed.descriptor.digest.hex) == (
        377,
        "b5d286e5aaf73950fb4674f4fe64d45d9e913d05b3bc0a413084e569c7991000",
    )
    assert packed.content.hex == "49c79b75f38fa4fbd94855a88cbe197225c825eae2fe1518acbf71bcbf5aa669"
    assert packed.sha512 == hashlib.sha512(layer).hexdigest()
    assert (packed.entries, packed.tree_bytes) == (7, 272)


def test_the_content_hash_is_spelled_as_documented():
    text = (
        f'["gitless-content",1,"{OCI_LAYER}"]\n'
        '["a","directory",false,""]\n'
        f'["a/ü.sh","file",true,"sha256:{hashlib.sha256(b"x").hexdigest()}"]\n'
        f'["a.b","file",false,"sha256:{hashlib.sha256(b"").hexdigest()}"]\n'
    )
    lines = text.splitlines(keepends=True)
    in_byte_order = "".join([lines[0], lines[1], lines[3], lines[2]])  # '.' sorts before '/'
    _, packed = pack(MemoryTree({"a/ü.sh": b"x", "a.b": b""}, frozenset({"a/ü.sh"})), OCI_LAYER)
    assert packed.content == Digest.of(in_byte_order.encode())


@pytest.mark.parametrize(
    "other",
    [
        MemoryTree({"a/b": b"2"}),
        MemoryTree({"a/c": b"1"}),
        MemoryTree({"a/b": b"1"}, frozenset({"a/b"})),
        MemoryTree({"a/b": b"1"}, folders=frozenset({"c"})),
    ],
)
def test_content_hash_and_layer_change_with_every_property(other):
    (layer, packed), (other_layer, other_packed) = pack(MemoryTree({"a/b": b"1"})), pack(other)
    assert packed.content != other_packed.content
    assert layer != other_layer


def test_the_media_type_is_part_of_the_content_hash_and_of_nothing_else():
    (layer, packed), (other_layer, other) = pack(GOLDEN_TREE), pack(GOLDEN_TREE, OCI_LAYER)
    assert layer == other_layer
    assert packed.content != other.content


def test_an_empty_tree_is_the_root_alone():
    layer, packed = pack(MemoryTree({}))
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        assert archive.getnames() == ["."]
    assert (packed.entries, packed.tree_bytes) == (0, 0)


@pytest.mark.parametrize(
    "path",
    ["a\\b", "foo../x", "../x", "/x", "a//b", "a/", "", ".", "a/./b", "a/..", "a\nb", "a\x7fb", "\udcff", "x" * 1025],
)
def test_names_that_flux_refuses_are_refused_before_packing(path):
    assert path_fault(path)
    writer = LayerWriter(io.BytesIO())
    with pytest.raises(UsageError, match="cannot be packed"):
        writer.add(Entry(path, "file"), b"")


def test_a_long_hostile_name_is_shown_cut_and_escaped():
    with pytest.raises(UsageError) as caught:
        LayerWriter(io.BytesIO()).add(Entry("\x1b[31m" * 400, "file"), b"")
    assert "\x1b" not in str(caught.value)
    assert len(caught.value.what) < 300


@pytest.mark.parametrize("paths", [("b", "a"), ("a", "a"), ("a/b", "a"), ("a.b", "a/b")])
def test_entries_out_of_order_are_a_defect(paths):
    writer = LayerWriter(io.BytesIO())
    writer.add(Entry(paths[0], "file"), b"")
    with pytest.raises(DefectError, match="out of order"):
        writer.add(Entry(paths[1], "file"), b"")


@pytest.mark.parametrize(("kind", "content"), [("file", None), ("directory", b"")])
def test_kind_and_content_must_fit_together(kind, content):
    with pytest.raises(DefectError, match="wrong content"):
        LayerWriter(io.BytesIO()).add(Entry("a", kind), content)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"max_file_bytes": 9}, "'b' is too large"),
        ({"max_tree_bytes": 18}, "tree is too large at 'c'"),
        ({"max_entries": 2}, "tree is too large at 'c'"),
        ({"ratio_floor": 100, "max_ratio": 2}, "decompression bomb"),
    ],
)
def test_every_limit_is_refused_by_name(limits, text):
    with pytest.raises(UsageError, match=text):
        pack(MemoryTree({"a": b"", "b": b"1" * 10, "c": b"1" * 9}), **limits)


def test_what_is_at_the_limits_passes():
    pack(MemoryTree({"a": b"1" * 10, "b": b"1" * 8}), max_file_bytes=10, max_tree_bytes=18, max_entries=2)


_PART = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/\\"), min_size=1, max_size=40
)
_PATH = st.lists(_PART, min_size=1, max_size=5).map("/".join).filter(lambda path: not path_fault(path))


@st.composite
def trees(draw):
    files = draw(st.dictionaries(_PATH, st.binary(max_size=1500), max_size=6))
    folders = draw(st.frozensets(_PATH, max_size=3))
    parents = {"/".join(p.split("/")[:d]) for p in (*files, *folders) for d in range(1, p.count("/") + 1)}
    files = {path: content for path, content in files.items() if path not in parents | folders}
    return MemoryTree(files, frozenset(path for path in files if draw(st.booleans())), folders)


@given(trees())
@settings(deadline=None)
def test_unpacking_gives_back_what_was_packed(tree):
    layer, packed = pack(tree)
    entries = list(iter_entries(io.BytesIO(layer)))
    assert [entry for entry, _ in entries] == list(tree.walk())
    assert {entry.path: content for entry, content in entries if entry.kind == "file"} == tree.files
    assert content_of_layer(io.BytesIO(layer)) == packed.content


@given(trees())
@settings(deadline=None)
def test_python_reads_our_tar(tree):
    layer, _ = pack(tree)
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        root, *members = archive.getmembers()
        assert root.name == "."
        assert [member.name for member in members] == [entry.path for entry in tree.walk()]
        assert {m.name: archive.extractfile(m).read() for m in members if m.isfile()} == tree.files
        assert {m.name for m in members if m.isfile() and m.mode & 0o100} == tree.executables
        assert {(m.uid, m.gid, m.mtime, m.uname, m.gname) for m in members} <= {(0, 0, 0, "", "")}


@given(trees(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_in_which_a_tree_was_made_does_not_matter(tree, shuffler: random.Random):
    names = list(tree.files)
    shuffler.shuffle(names)
    again = MemoryTree({name: tree.files[name] for name in names}, tree.executables, tree.folders)
    assert pack(again) == pack(tree)


def test_the_content_hash_does_not_depend_on_the_order_of_entries():
    entries = [Entry("b", "file"), Entry("a", "directory"), Entry("a/c", "file", executable=True)]
    first, second = ContentHasher(FLUX_CONTENT), ContentHasher(FLUX_CONTENT)
    for entry in entries:
        first.add(entry, b"")
    for entry in reversed(entries):
        second.add(entry, b"")
    assert first.digest() == second.digest()
