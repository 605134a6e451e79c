"""Reads the references that Flux objects hold; anything that is not plain becomes None."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from gitless.kube.pointers import text_at
from gitless.kube.sources import (
    SourceReference,
    clean_url,
    exact_version,
    is_commit,
    last_part,
    plain_name,
    plain_ref,
)

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def git_reference(document: Any) -> SourceReference | None:
    """What a GitRepository names; pinned only by commit."""
    spec, url = document.get("spec"), clean_url(text_at(document, "spec", "url"))
    commit = text_at(spec, "ref", "commit")
    ref = plain_ref(text_at(spec, "ref", "tag")) or plain_ref(text_at(spec, "ref", "branch"))
    digest, name = commit if is_commit(commit) else "", last_part(url)
    return SourceReference("git", name, url, exact_version(ref), ref, digest) if name else None


def oci_reference(document: Any, kind: Any) -> SourceReference | None:
    """What an OCIRepository names, as a chart or another artifact."""
    url = clean_url(text_at(document, "spec", "url"))
    if not url.startswith("oci://"):
        return None
    digest, semver, tag = (text_at(document, "spec", "ref", key) for key in ("digest", "semver", "tag"))
    pinned = digest if _DIGEST.fullmatch(digest[:80]) else ""
    # Flux takes the digest before the range, and the range before the tag
    version = exact_version(semver if semver else tag)
    named = version.replace("+", "_") if semver else plain_ref(tag)
    return SourceReference(kind, last_part(url), url, version, named, pinned)


def artifact_reference(text: str) -> SourceReference | None:
    """An artifact written as `oci://host/path[:tag][@digest]`."""
    name, _, digest = text.partition("@")
    head, colon, tag = name.rpartition(":")
    tagged = bool(colon) and "/" not in tag
    url = clean_url(head if tagged else name)
    if not url:
        return None
    tag = plain_ref(tag) if tagged else ""
    pinned = digest if _DIGEST.fullmatch(digest[:80]) else ""
    return SourceReference("artifact", last_part(url), url, exact_version(tag), tag, pinned)


def synced_reference(kind: Any, text: str, ref: str) -> SourceReference | None:
    """What a FluxInstance is synced from."""
    url, name = clean_url(text), plain_ref(ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
    return SourceReference(kind, last_part(url), url, exact_version(name), name) if url else None


def chart_in(source: SourceReference, chart: str, version: str) -> SourceReference:
    """The chart that a source holds under a name and version; the source itself where it is the chart."""
    if not chart:
        return as_chart(source)
    if source.kind == "git":
        return source
    name = plain_name(last_part(chart)) or "chart"
    url = f"{source.url}/{chart}" if source.url.startswith("oci://") else source.url
    tag = version.replace("+", "_") if url.startswith("oci://") else ""
    return SourceReference("chart", name, url, version, tag)


def as_chart(reference: SourceReference) -> SourceReference:
    """The same reference as a chart."""
    return replace(reference, kind="chart") if reference.kind == "artifact" else reference
