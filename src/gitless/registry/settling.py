"""Writes the fallback index of a registry that has no way to write conditionally, against other writers.

A registry takes every PUT of a tag, so two writers that read the same index lose one entry. Each writer therefore
reads again: once before it says that the evidence is listed, and once more beside the work that follows, at a random
moment and later than its own reading and writing took. What was lost is merged into what is there then, and where
others are seen writing, the index is watched for longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gitless.errors import RemoteError
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.ports import ManifestReader, ManifestWriter
from gitless.registry import fallback
from gitless.web.patience import Patience

_WARY = 3
_LEAST_SECONDS = 0.03
_MOST_SECONDS = 2.0


class IndexStore(ManifestReader, ManifestWriter, Protocol):
    """What is needed: reading and writing a tag."""


def pause_after(seconds: float) -> float:
    """How long to wait before looking again, when reading and writing the index took so long.

    Another writer's reading and writing takes about as long, so this is how late its write may come.
    """
    return min(_MOST_SECONDS, max(_LEAST_SECONDS, seconds))


def watch(
    store: IndexStore,
    subject: Digest,
    referrers: Sequence[Manifest],
    patience: Patience,
    pause: float,
    last: Digest,
    *,
    at_once: bool = False,
) -> Digest:
    """Look at the fallback index, after a pause or at once, and see to it that it lists the referrers.

    Args:
        store: The repository.
        subject: What the referrers refer to.
        referrers: The manifests to list.
        patience: Limits.
        pause: Seconds to wait, on average.
        last: The index as it was last seen or written; another one means that there is a crowd, to be watched longer.
        at_once: Whether the first look takes no pause.

    Returns:
        The index as it was seen last; it lists every one of them.

    Raises:
        RemoteError: Other writers kept overwriting it until the deadline, or the tag is no index.
    """
    deadline = patience.deadline()
    needed, confirmed = 1, 0
    while deadline.remaining:
        if not at_once:
            patience.sleep(patience.uniform(0.5, 1.5) * pause)
        at_once = False
        start = patience.now()
        index = store.fetch_manifest(subject.fallback_tag)
        merged = fallback.merge(index, subject, referrers)
        if merged is None and index is not None:
            if index.digest != last:
                needed, last = _WARY, index.digest
            confirmed += 1
            if confirmed >= needed:
                return last
            continue
        if merged is None:
            continue
        store.push_manifest(merged, subject.fallback_tag)
        needed, confirmed, last = _WARY, 0, merged.digest
        pause = min(_MOST_SECONDS, max(pause * 2, 2 * (patience.now() - start)))
    raise RemoteError(
        f"The evidence of {subject} does not stay in the index {subject.fallback_tag}.",
        why="Other writers overwrote it until the time was up.",
        hint="Run the same command again; it completes the work.",
        temporary=True,
    )
