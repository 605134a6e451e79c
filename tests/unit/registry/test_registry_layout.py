import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fakes.evidence import artifact, push_artifact, push_layers

from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.media_types import ANNOTATION_REF_NAME, FLUX_CONTENT, OCI_MANIFEST
from gitless.registry.directory import locked, write_whole
from gitless.registry.layout import LayoutRepository


def entries(root: Path) -> list[dict[str, object]]:
    document = json.loads((root / "index.json").read_bytes())
    found: list[dict[str, object]] = document["manifests"]
    return found


def test_the_files_are_those_of_the_image_layout_specification(tmp_path: Path) -> None:
    manifest = push_artifact(LayoutRepository(tmp_path / "x"), tag="latest")
    assert json.loads((tmp_path / "x" / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    assert (tmp_path / "x" / "blobs" / "sha256" / manifest.digest.hex).read_bytes() == manifest.content
    (entry,) = entries(tmp_path / "x")
    assert entry["digest"] == str(manifest.digest)
    assert entry["annotations"] == {**manifest.annotations, ANNOTATION_REF_NAME: "latest"}
    assert not [item for item in (tmp_path / "x" / ".gitless").iterdir() if item.name != "lock"]


def test_referrers_stand_in_the_index_and_in_the_fallback_index(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    subject = push_artifact(store, tag="latest")
    (made,) = push_layers(store, subject.descriptor, "sign")
    store.attach(subject.digest, [made])
    assert str(made.digest) in [entry["digest"] for entry in entries(tmp_path)]
    index = store.fetch_manifest(subject.digest.fallback_tag)
    assert index is not None
    assert index.manifests == (made.listing,)


def test_a_moved_tag_leaves_one_entry_without_a_name(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    old, new = push_artifact(store, "old", "latest"), push_artifact(store, "new")
    store.push_manifest(new, "latest")
    store.push_manifest(old, "kept")
    store.push_manifest(new, "latest")
    named = [(entry["digest"], entry["annotations"].get(ANNOTATION_REF_NAME)) for entry in entries(tmp_path)]  # type: ignore[attr-defined]
    assert sorted(named) == sorted([(str(old.digest), "kept"), (str(new.digest), "latest")])


def test_what_other_tools_wrote_stays(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    push_artifact(store, tag="latest")
    document = json.loads((tmp_path / "index.json").read_bytes())
    foreign = {"mediaType": "x/y", "digest": "sha512:" + "0" * 128, "size": 1, "x": 1, "annotations": {"a": "b"}}
    document["manifests"][:0] = [foreign, "odd", {"digest": 3}]
    document["annotations"] = {"made": "elsewhere"}
    (tmp_path / "index.json").write_text(json.dumps(document))
    push_artifact(store, "new", "latest")
    changed = json.loads((tmp_path / "index.json").read_bytes())
    assert changed["manifests"][:3] == [foreign, "odd", {"digest": 3}]
    assert changed["annotations"] == {"made": "elsewhere"}
    assert store.list_tags() == ("latest",)


def test_a_write_that_breaks_leaves_what_was_there(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    push_artifact(store, tag="latest")
    before = (tmp_path / "index.json").read_bytes()

    def broken(stream: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(tmp_path, tmp_path / "index.json", broken)
    assert (tmp_path / "index.json").read_bytes() == before
    assert [item.name for item in (tmp_path / ".gitless").iterdir()] == ["lock"]


def test_a_blob_whose_source_changes_is_not_stored(tmp_path: Path) -> None:
    descriptor = Descriptor.of(b"content", FLUX_CONTENT)
    with pytest.raises(UntrustedContentError):
        LayoutRepository(tmp_path).push_blob(Blob(descriptor, Blob.of(b"changed", FLUX_CONTENT).open))
    assert not (tmp_path / "blobs" / "sha256" / descriptor.digest.hex).exists()


def test_a_blob_cut_short_by_others_is_written_again(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    blob = Blob.of(b"content", FLUX_CONTENT)
    store.push_blob(blob)
    (tmp_path / "blobs" / "sha256" / blob.descriptor.digest.hex).write_bytes(b"con")
    store.push_blob(blob)
    assert store.fetch_blob(blob.descriptor, 100) == b"content"


def test_a_lock_held_too_long_is_an_error(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path, lock_seconds=0.05)
    with locked(tmp_path), pytest.raises(RemoteError, match="locked"):
        push_artifact(store, tag="latest")


def test_a_writer_that_died_lets_go_of_the_lock(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys\n"
        "from gitless.registry.directory import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    push_artifact(LayoutRepository(tmp_path, lock_seconds=1), tag="latest")


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(UsageError, match="not an OCI layout"):
        push_artifact(LayoutRepository(tmp_path))


def test_another_layout_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}')
    with pytest.raises(UsageError, match="version"):
        push_artifact(LayoutRepository(tmp_path))


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = LayoutRepository(tmp_path / "file")
    assert store.resolve("latest") is None
    with pytest.raises(UsageError):
        store.push_manifest(artifact()[0], "latest")
    with pytest.raises(UsageError):
        store.push_blob(Blob.of(b"x", FLUX_CONTENT))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"manifests":3}', b"{" + b" " * 17_000_000 + b"}"])
def test_an_index_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "index.json").write_bytes(content)
    with pytest.raises(UntrustedContentError):
        LayoutRepository(tmp_path).list_tags()


def test_a_tag_whose_manifest_is_gone_or_changed_is_refused(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    manifest = push_artifact(store, tag="latest")
    path = tmp_path / "blobs" / "sha256" / manifest.digest.hex
    for content in (b"{}", b" " * (4 * 1024 * 1024 + 1)):
        path.write_bytes(content)
        with pytest.raises(UntrustedContentError):
            store.fetch_manifest("latest")
    path.unlink()
    with pytest.raises(UntrustedContentError, match="damaged"):
        store.fetch_manifest("latest")
    assert store.fetch_manifest(manifest.digest) is None


def test_a_layer_is_no_manifest(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    blob = Blob.of(b'{"mediaType":"x/y"}', FLUX_CONTENT)
    store.push_blob(blob)
    assert store.fetch_manifest(blob.descriptor.digest) is None


def test_an_entry_of_an_index_is_readable_without_standing_in_index_json(tmp_path: Path) -> None:
    store = LayoutRepository(tmp_path)
    manifest, _ = artifact()
    store.push_blob(Blob.of(manifest.content, OCI_MANIFEST))
    assert store.fetch_manifest(manifest.digest) == manifest
    assert store.fetch_manifest(Digest.of(b"absent")) is None
