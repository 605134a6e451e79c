"""Which of a channel's records are its chain, where two claim the same place or some are gone.

Of two records with one predecessor the one is canonical on which more was built; where that is equal, the one with the
lower manifest digest (docs/decisions/0121-forks-in-a-channel.md). So a late twin of an old record takes nothing back.
Every reader of the same records comes to the same chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitless.model.digest import Digest
from gitless.model.history import Fault
from gitless.promotion.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Lineage:
    """The chain among the candidates.

    Attributes:
        chain: Canonical records, oldest first.
        after_gap: Manifests of chain records whose predecessor is not there.
        lost: All other candidates, by number and digest.
        faults: Forks and broken numbers.
    """

    chain: tuple[Candidate, ...]
    after_gap: frozenset[Digest]
    lost: tuple[Candidate, ...]
    faults: tuple[Fault, ...]


def trace(candidates: Sequence[Candidate], repository: str = "") -> Lineage:
    """Find the chain.

    Args:
        candidates: The records that count.
        repository: Where they are read. Where a predecessor is missing, the signatures do not tie what follows to this
            channel: then records that were made for this repository are preferred to records from elsewhere.
    """
    forest = _Forest(candidates)
    segments: list[list[Candidate]] = []
    limit, wanted = forest.top, repository
    while limit > 0:
        start = forest.best_start(limit, wanted)
        if start is None:
            break
        segments.insert(0, forest.path(start, limit))
        # the predecessor is missing: it has the number before, so what is older ends before that
        limit, wanted = start.record.sequence - 2, start.record.repository
    chain = tuple(item for segment in segments for item in segment)
    canonical = {item.manifest for item in chain}
    lost = sorted((item for item in candidates if item.manifest not in canonical), key=_rank)
    gaps = frozenset(segment[0].manifest for segment in segments if segment[0].previous)
    return Lineage(chain, gaps, tuple(lost), tuple(forest.faults(chain, lost, repository)))


def _rank(item: Candidate) -> tuple[int, Digest]:
    return item.record.sequence, item.manifest


class _Forest:
    """Candidates as trees: each stands on its predecessor, and starts a tree where that is not there."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._by_digest = {item.manifest: item for item in sorted(candidates, key=_rank)}
        self._children: dict[Digest, list[Candidate]] = {}
        self._starts: list[Candidate] = []
        self._broken: set[Digest] = set()
        for item in self._by_digest.values():
            self._place(item)
        self._reach = self._measure()

    @property
    def top(self) -> int:
        """The highest number."""
        return max(self._reach.values(), default=0)

    def best_start(self, limit: int, repository: str) -> Candidate | None:
        """The tree that reaches furthest up to number `limit`, those of the repository first."""
        eligible = [item for item in self._starts if item.record.sequence <= limit]

        def key(item: Candidate) -> tuple[bool, int, Digest]:
            tip = self.path(item, limit)[-1]
            return (bool(repository) and tip.record.repository != repository, *self._preference(item, limit))

        return min(eligible, key=key, default=None)

    def path(self, start: Candidate, limit: int) -> list[Candidate]:
        """The canonical way from a start upwards, up to number `limit`."""
        found = [start]
        while found[-1].record.sequence < limit:
            children = self._children.get(found[-1].manifest)
            if not children:
                break
            found.append(min(children, key=lambda item: self._preference(item, limit)))
        return found

    def faults(self, chain: Sequence[Candidate], lost: Sequence[Candidate], repository: str) -> Iterable[Fault]:
        """Say of each lost record why it is."""
        canonical = {item.record.sequence: item for item in chain}
        homes = {repository, *(item.record.repository for item in chain)}
        for item in lost:
            rival = canonical.get(item.record.sequence)
            if item.manifest in self._broken:
                yield Fault("sequence", item.manifest, "Its number does not follow its predecessor's.")
            elif item.record.repository not in homes:
                yield Fault("misplaced", item.manifest, f"It was made for {item.record.repository or 'no repository'}.")
            elif rival and rival.previous == item.previous:
                yield Fault("fork", item.manifest, f"It has the same predecessor as {rival.manifest}, which counts.")
            else:
                yield Fault("fork", item.manifest, "It builds on a record that does not count.")

    def _place(self, item: Candidate) -> None:
        parent = self._by_digest.get(item.previous) if item.previous else None
        if parent is None:
            self._starts.append(item)
        elif parent.record.sequence + 1 == item.record.sequence:
            self._children.setdefault(parent.manifest, []).append(item)
        else:
            self._broken.add(item.manifest)

    def _measure(self) -> Mapping[Digest, int]:
        """The highest number that is built on each."""
        reach: dict[Digest, int] = {}
        for item in reversed(self._by_digest.values()):  # highest numbers first
            children = self._children.get(item.manifest, ())
            reach[item.manifest] = max((reach[child.manifest] for child in children), default=item.record.sequence)
        return reach

    def _preference(self, item: Candidate, limit: int) -> tuple[int, Digest]:
        return -min(self._reach[item.manifest], limit), item.manifest
