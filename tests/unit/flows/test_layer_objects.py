"""Which objects differ between two layers."""

import io

import pytest
from tests.fakes.signed import make_artifact

from gitless.artifact.manifest import CONFIG_BLOB, build_manifest
from gitless.artifact.pack import pack_tree
from gitless.flows import layer_objects
from gitless.flows.layer_objects import read_objects
from gitless.model.blob import Blob
from gitless.model.difference import Difference
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT
from gitless.model.tree import MemoryTree
from gitless.registry.memory import MemoryRepository


def config_map(name, value, namespace=""):
    space = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{space}}}\ndata: {{k: {value}}}\n".encode()


def stored(files):
    sink = io.BytesIO()
    packed = pack_tree(MemoryTree(files), sink)
    store = MemoryRepository()
    store.push_blob(CONFIG_BLOB)
    store.push_blob(Blob.of(sink.getvalue(), FLUX_CONTENT))
    return store, build_manifest(packed.descriptor, {})


def read(files):
    return read_objects(*stored(files))


def compare(before, after):
    found = Difference.between(read(before), read(after))
    return found.added, found.changed, found.removed


def test_added_changed_and_removed_objects():
    before = {"a.yaml": config_map("a", 1), "b.yaml": config_map("b", 1, "web")}
    after = {"a.yaml": config_map("a", 2), "c.json": b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"}}'}
    assert compare(before, after) == (("v1/Pod/c",), ("v1/ConfigMap/a",), ("v1/ConfigMap/web/b",))


def test_object_in_another_file_or_order_is_the_same():
    both = config_map("a", 1) + b"---\n" + config_map("b", 2)
    assert compare({"x/both.yaml": both}, {"a.yml": config_map("a", 1), "b.yaml": config_map("b", 2)}) == ((), (), ())


def test_one_of_two_overlays_is_a_change():
    before = {"staging/a.yaml": config_map("a", 1), "production/a.yaml": config_map("a", 1)}
    after = {"staging/a.yaml": config_map("a", 1), "production/a.yaml": config_map("a", 2)}
    assert compare(before, after) == ((), ("v1/ConfigMap/a",), ())


def test_what_is_no_object_is_passed_over():
    files = {
        "kustomization.yaml": b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: x}\n",
        "chart/templates/a.yaml": b"{{ if .Values.a }}\napiVersion: v1\n{{ end }}\n",
        "README.md": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: text}\n",
        "list.yaml": b"- 1\n- 2\n",
        "generated.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n",
        "date.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\ndata: {when: .inf}\n",
    }
    assert set(read(files)) <= {"v1/ConfigMap/d"}


@pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b" + b"\x00" * 40])
def test_layer_that_cannot_be_read_says_nothing(content):
    store = MemoryRepository()
    blob = Blob.of(content, FLUX_CONTENT)
    store.push_blob(blob)
    assert read_objects(store, build_manifest(blob.descriptor, {})) is None


def test_layer_that_is_gone_too_long_or_not_alone_says_nothing(monkeypatch):
    assert read_objects(MemoryRepository(), make_artifact()) is None
    store, artifact = stored({"a.yaml": config_map("a", 1)})
    assert read_objects(store, artifact)
    monkeypatch.setattr(layer_objects, "MAX_OBJECTS", 0)
    assert read_objects(store, artifact) is None
    monkeypatch.setattr(layer_objects, "MAX_LAYER_BYTES", 10)
    assert read_objects(store, artifact) is None


def test_contents_are_compared_and_never_shown():
    found = read({"secret.yaml": b"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: hunter2}\n"})
    assert list(found) == ["v1/Secret/s"]
    assert all(isinstance(item, Digest) for item in found["v1/Secret/s"])
