"""Writes the fallback index of a registry that has no way to write conditionally, against other writers.

A registry takes every PUT of a tag, so two writers that read the same index lose one entry. Each writer therefore
reads again, at a random moment and for longer than its own reading and writing took, until its entries were there
twice in a row; what was lost is merged into what is there then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gitless.errors import RemoteError
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.ports import ManifestReader, ManifestWriter
from gitless.registry import fallback
from gitless.registry.patience import Patience

_CALM = 2
_WARY = 3
_LEAST_SECONDS = 0.03
_MOST_SECONDS = 2.0


class IndexStore(ManifestReader, ManifestWriter, Protocol):
    """What is needed: reading and writing a tag."""


def settle(
    store: IndexStore, subject: Digest, referrers: Sequence[Manifest], patience: Patience
) -> tuple[Descriptor, ...]:
    """See to it that the fallback index lists the referrers.

    Returns:
        The index's entries, which hold every one of them.

    Raises:
        RemoteError: Other writers kept overwriting it until the deadline, or the tag is no index.
    """
    deadline = patience.deadline()
    pause, needed, confirmed = 0.0, _CALM, 0
    while deadline.remaining:
        start = patience.now()
        index = store.fetch_manifest(subject.fallback_tag)
        merged = fallback.merge(index, subject, referrers)
        if merged is None:
            confirmed += 1
            if not pause or confirmed >= needed:
                return fallback.entries(index, subject)
        else:
            # somebody overwrote it, so there is a crowd: watch longer
            pause, needed = (pause * 2, _WARY) if pause else (_LEAST_SECONDS, _CALM)
            store.push_manifest(merged, subject.fallback_tag)
            confirmed = 0
            pause = min(_MOST_SECONDS, max(pause, 2 * (patience.now() - start)))
        patience.sleep(patience.uniform(0.5, 1.5) * pause)
    raise RemoteError(
        f"The evidence of {subject} does not stay in the index {subject.fallback_tag}.",
        why="Other writers overwrote it until the time was up.",
        hint="Run the same command again; it completes the work.",
        temporary=True,
    )
