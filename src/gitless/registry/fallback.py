"""The referrers index kept under the tag `sha256-<hex>` (distribution-spec 1.1, "referrers tag schema"); pure.

Entries are kept as they were found, whoever wrote them and whatever they hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import MAX_INDEX_ENTRIES, MAX_MANIFEST_BYTES, Manifest
from gitless.model.media_types import OCI_INDEX


def merge(index: Manifest | None, subject: Digest, referrers: Sequence[Manifest]) -> Manifest | None:
    """The index with every referrer in it; None when it holds them already.

    Args:
        index: What the fallback tag names now; None when it is absent.
        subject: What the referrers refer to.
        referrers: The manifests to list.

    Raises:
        RemoteError: The tag names something else than an index, or there is no more room.
    """
    document = _document(index, subject)
    entries: list[Any] = document["manifests"]
    known = {entry.get("digest") for entry in entries if isinstance(entry, dict)}
    missing = {str(item.digest): item for item in referrers if str(item.digest) not in known}
    if not missing:
        return None
    entries.extend(item.listing.to_json() for item in missing.values())
    content = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    if len(entries) > MAX_INDEX_ENTRIES or len(content) > MAX_MANIFEST_BYTES:
        raise RemoteError(f"The referrers index {subject.fallback_tag} is full.")
    return Manifest(OCI_INDEX, content)


def entries(index: Manifest | None, subject: Digest) -> tuple[Descriptor, ...]:
    """The descriptors an index lists; those that are no descriptors of ours to read (other algorithms) are left out.

    Raises:
        RemoteError: The tag names something else than an index.
    """
    listed = _document(index, subject)["manifests"][:MAX_INDEX_ENTRIES]
    return tuple(item for item in map(_descriptor, listed) if item is not None)


def listed(document: dict[str, Any]) -> tuple[Descriptor, ...]:
    """The descriptors in one page of the referrers API."""
    found = document.get("manifests")
    found = found[:MAX_INDEX_ENTRIES] if isinstance(found, list) else []
    return tuple(item for item in map(_descriptor, found) if item is not None)


def union(*listings: Iterable[Descriptor]) -> tuple[Descriptor, ...]:
    """Several listings as one, each digest once, the first one's description first."""
    found: dict[Digest, Descriptor] = {}
    for listing in listings:
        for item in listing:
            found.setdefault(item.digest, item)
    return tuple(found.values())


def _document(index: Manifest | None, subject: Digest) -> dict[str, Any]:
    if index is None:
        return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
    document = dict(index.document)
    if index.media_type != OCI_INDEX or not isinstance(document.get("manifests"), list):
        raise RemoteError(
            f"The tag {subject.fallback_tag} names something that is not an OCI index.",
            why=f"It is reserved for the list of evidence; it names {index.media_type[:100]} {index.digest}.",
            hint="Find out who wrote it, and delete the tag if it is nobody's.",
        )
    document["manifests"] = list(document["manifests"])
    return document


def _descriptor(value: Any) -> Descriptor | None:
    try:
        return Descriptor.from_json(value)
    except UntrustedContentError:
        return None
