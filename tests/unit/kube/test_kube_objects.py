from __future__ import annotations

from typing import Any

from gitless.kube.objects import KubeObject, objects_of


def refs(*documents: Any) -> list[str]:
    return [found.ref for found in objects_of(documents, "x.yaml")]


def test_objects_are_named_by_version_kind_namespace_and_name() -> None:
    document = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    (found,) = objects_of([None, document], "base/web.yaml")
    assert found == KubeObject("apps/v1", "Deployment", "shop", "web", "base/web.yaml", 1, document)
    assert found.ref == "apps/v1/Deployment/shop/web"
    assert found.group == "apps"
    assert "web" in repr(found)
    assert "metadata" not in repr(found)


def test_a_missing_namespace_or_name_leaves_no_gap() -> None:
    assert refs({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}) == ["v1/Namespace/shop"]
    assert refs({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 5, "namespace": ["x"]}}) == ["v1/Pod"]
    assert refs({"apiVersion": "v1", "kind": "Pod", "metadata": "x"}) == ["v1/Pod"]


def test_the_core_group_is_empty() -> None:
    (found,) = objects_of([{"apiVersion": "v1", "kind": "Pod"}], "x")
    assert found.group == ""


def test_values_that_are_no_objects_are_skipped() -> None:
    assert refs(None, "text", 5, ["x"], {"kind": "Pod"}, {"apiVersion": "v1"}, {"apiVersion": 1, "kind": "Pod"}) == []
    assert refs({"apiVersion": "", "kind": "Pod"}, {"apiVersion": "v1", "kind": ""}) == []


def test_lists_are_taken_apart_in_order_however_deep() -> None:
    inner = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}}],
    }
    outer = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}},
            inner,
            "text",
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}},
        ],
    }
    assert refs(outer) == ["v1/Secret/a", "v1/Secret/b", "v1/Secret/c"]


def test_items_of_a_typed_list_take_its_kind() -> None:
    document = {"apiVersion": "v1", "kind": "SecretList", "items": [{"metadata": {"name": "a"}}, {"kind": "Pod"}]}
    assert refs(document) == ["v1/Secret/a"]


def test_a_kind_that_only_ends_in_list_is_an_object() -> None:
    assert refs({"apiVersion": "example.dev/v1", "kind": "AllowList", "spec": {}}) == ["example.dev/v1/AllowList"]
