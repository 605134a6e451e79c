"""The Kubernetes objects in a file's documents, lists taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class KubeObject:
    """One object as it stands in a file; anything with apiVersion and kind, kustomizations included.

    Attributes:
        api_version: Such as `apps/v1`.
        kind: Such as `Deployment`.
        namespace: Empty where metadata names none.
        name: Empty where metadata names none (kustomizations, `generateName`).
        path: The file it stands in.
        index: Which document of the file, from 0; the items of a list share their list's.
        document: The whole object. Parts may be shared: do not change it.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    path: str
    index: int
    document: Mapping[str, Any] = field(repr=False, hash=False)

    @property
    def ref(self) -> str:
        """`apiVersion/Kind/namespace/name`, as waivers and reports name it; an empty namespace leaves no gap."""
        return "/".join(part for part in (self.api_version, self.kind, self.namespace, self.name) if part)

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]


def objects_of(documents: Sequence[Any], path: str) -> tuple[KubeObject, ...]:
    """Find the objects in parsed documents; `List` kinds are taken apart, other values are skipped.

    Args:
        documents: What `kube.yaml.load_documents` returned.
        path: The file they stand in.
    """
    return tuple(found for index, document in enumerate(documents) for found in _objects_in(document, path, index))


def _objects_in(document: Any, path: str, index: int) -> Iterator[KubeObject]:
    pending = [document]
    while pending:
        value = pending.pop()
        if not isinstance(value, dict):
            continue
        api_version, kind = value.get("apiVersion"), value.get("kind")
        if not isinstance(api_version, str) or not isinstance(kind, str) or not api_version or not kind:
            continue
        items = value.get("items")
        if kind.endswith("List") and isinstance(items, list):
            pending.extend(reversed([_with_list_kind(item, api_version, kind) for item in items]))
            continue
        metadata = value.get("metadata")
        yield KubeObject(api_version, kind, _text(metadata, "namespace"), _text(metadata, "name"), path, index, value)


def _with_list_kind(item: Any, api_version: str, kind: str) -> Any:
    """Items of a typed list (`SecretList`) may leave apiVersion and kind out; the list says them."""
    item_kind = kind.removesuffix("List")
    if not isinstance(item, dict) or not item_kind or "kind" in item:
        return item
    return {"apiVersion": api_version, "kind": item_kind, **item}


def _text(metadata: Any, key: str) -> str:
    value = metadata.get(key) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""
