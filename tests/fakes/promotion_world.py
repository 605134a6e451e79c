"""A channel's life in memory: who did what to it, and what a truthful history has to say about that.

The model knows what happened, while the code under test only sees what is left of it: manifests, a journal, a tag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.promotions import digest, entry, record

from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.promotion import Record


@dataclass
class Node:
    """A record that was written by the promoting identity.

    Attributes:
        manifest: Its manifest.
        record: What it says.
        before: The record it builds on.
        outside: Whether somebody had moved the channel before it.
        nowhere: Whether it rolls back to what the channel never named.
        rivals: Records with the same predecessor that lost against it.
        present: Whether its manifest is still there.
        listed: Whether the journal still lists it.
        sealed: Whether it must stay, since otherwise a late twin or a copy would rightly take a place of its own.
    """

    manifest: Digest
    record: Record
    before: Node | None
    outside: bool = False
    nowhere: bool = False
    rivals: list[Node] = field(default_factory=list)
    present: bool = True
    listed: bool = True
    sealed: bool = False


@dataclass(frozen=True)
class Expected:
    """What must be reported: (manifest, state, gap) of each link, lost manifests, (kind, manifest) of faults."""

    links: list[tuple[Digest, str, bool]]
    lost: set[Digest]
    faults: set[tuple[str, Digest]]
    word: str
    withdrawn: set[Digest]
    releases: dict[str, Digest]


class World:
    """One channel and everybody who touches it; each method is one thing that happens."""

    def __init__(self) -> None:
        self.chain: list[Node] = []
        self.tag: Digest | None = None
        self.strange: list[tuple[str, RecordEntry]] = []
        self.twice: set[Digest] = set()
        self.order: list[Digest] = []
        self.lost: set[Digest] = set()
        self._made = 0

    def promote(self, which: int, *, finishes: bool = True, **changes: Any) -> None:
        """A promotion of a new digest, or of one that was there before; it may be stopped before the tag."""
        known = sorted({node.record.digest for node in self.chain} - self._withdrawn())
        to = known[which % len(known)] if which % 3 == 0 and known else digest(f"content {self._next()}")
        self._write(to, finishes, release=f"v1.0.{len(self.chain)}" if which % 2 else "", **changes)

    def emergency(self, which: int, *, finishes: bool = True) -> None:
        """A promotion that skips gates."""
        self.promote(which, finishes=finishes, emergency=True, reason="it burns")

    def rollback(self, which: int, *, withdraws: bool, finishes: bool = True) -> None:
        """A rollback to something that was completed; nothing where there is nothing to go back to."""
        done = sorted({node.record.digest for node, state in self._states(self.chain) if state == "completed"})
        targets = [item for item in done if item not in self._withdrawn() and item != self.tag]
        if targets:
            left = self.tag if withdraws else None
            self._write(targets[which % len(targets)], finishes, kind="rollback", reason="errors", withdraws=left)

    def rollback_nowhere(self) -> None:
        """A rollback to what the channel never named, by somebody who went around the gates."""
        self._write(digest(f"nowhere {self._next()}"), True, kind="rollback", reason="errors")
        self.chain[-1].nowhere = True

    def promote_withdrawn(self, which: int) -> None:
        """A promotion of a withdrawn digest, by somebody who went around the gates."""
        gone = sorted(self._withdrawn())
        if gone:
            self._write(gone[which % len(gone)], True)

    def reuse_release(self, which: int) -> None:
        """A promotion that gives a release another digest, by somebody who went around the gates."""
        named = [node.record.release for node in self.chain if node.record.release]
        if named:
            self._write(digest(f"content {self._next()}"), True, release=named[which % len(named)])

    def race(self, finishes: bool) -> None:
        """Two promoters at once: both write a record, and only the canonical one goes on to move the channel."""
        before, seen = self._head(), self.tag
        pair = sorted((self._node(digest(f"racer {self._next()}"), before, seen) for _ in range(2)), key=_manifest)
        winner, loser = pair
        winner.rivals.append(loser)
        self.chain.append(winner)
        self.order += [loser.manifest, winner.manifest] if self._made % 2 else [winner.manifest, loser.manifest]
        self.tag = winner.record.digest if finishes else self.tag

    def late_twin(self, which: int) -> None:
        """A stale promoter writes a record on a predecessor that others have built on since."""
        inner = self.chain[:-1]
        if inner:
            rival = inner[which % len(inner)]
            twin = self._node(digest(f"late {self._next()}"), rival.before, self.tag)
            rival.rivals.append(twin)
            self.chain[self.chain.index(rival) + 1].sealed = True
            self.order.append(twin.manifest)

    def move_tag(self, which: int) -> None:
        """Somebody moves the tag by hand: to something known, or to something new."""
        known = sorted({node.record.digest for node in self.chain})
        self.tag = known[which % len(known)] if which % 2 and known else digest(f"by hand {self._next()}")

    def forge(self, which: int, listed: bool) -> None:
        """A record of another identity, which claims to be the next one."""
        head = self._head()
        made = record(
            head.record.sequence + 1 if head else 1,
            f"forged {self._next()}",
            previous=head.manifest if head else None,
            observed=self.tag,
        )
        self._add_strange("foreign", entry(made, f"forged {self._made}", "foreign"), listed)

    def edit(self, which: int, listed: bool) -> None:
        """A record whose JSON was changed after it was signed."""
        if self.chain:
            real = self.chain[which % len(self.chain)].record
            changed = entry(replace(real, ticket="edited"), f"edited {self._next()}", "invalid")
            self._add_strange("invalid", changed, listed)

    def replay(self, which: int, listed: bool) -> None:
        """An old record in a new manifest."""
        if self.chain:
            real = self.chain[which % len(self.chain)]
            copy = entry(real.record, f"copy {self._next()}")
            self._add_strange("replayed", copy, listed)
            real.sealed = True  # without the original, the copy would stand for it

    def list_twice(self, which: int) -> None:
        """Somebody lists an old record again."""
        if self.chain:
            again = self.chain[which % len(self.chain)].manifest
            self.twice.add(again)
            self.order.append(again)

    def misplace(self, which: int) -> None:
        """The journal lists a record of another channel."""
        other = entry(record(1, f"other {self._next()}", channel="production"), f"other {self._made}")
        self._add_strange("misplaced", other, True)

    def misnumber(self, which: int) -> None:
        """A record by the promoting identity whose number does not follow."""
        if self.chain:
            before = self.chain[which % len(self.chain)]
            made = replace(self._node(digest("jump"), before, self.tag).record, sequence=before.record.sequence + 2)
            self._add_strange("sequence", entry(made, f"jump {self._made}"), True)
            self.lost.add(digest(f"jump {self._made}"))
            before.sealed = True  # without its predecessor nobody could see it

    def delete(self, which: int) -> None:
        """A record's manifest is garbage-collected. Only after everything else: promoters would see it."""
        left = [node for node in self.chain[:-1] if node.present and not node.sealed]
        left += [node for node in self.chain[-1:] if not (node.sealed or node.rivals)]
        if left:
            gone = left[which % len(left)]
            gone.present = False
            if gone.rivals:  # a rival would stand at the end if the record after it were gone too
                after = self.chain[self.chain.index(gone) + 1]
                after.sealed = after.present and after.listed
                gone.present = not after.sealed

    def unlist(self, which: int) -> None:
        """Somebody takes a record out of the journal. Only after everything else."""
        left = [node for node in self.chain if not (node.sealed or node.rivals) and node.manifest not in self.twice]
        if left:
            left[which % len(left)].listed = False

    def entries(self) -> list[RecordEntry]:
        """All manifests that are there."""
        nodes = [*self.chain, *(rival for node in self.chain for rival in node.rivals)]
        mine = [replace(entry(node.record), manifest=node.manifest) for node in nodes if node.present]
        return mine + [item for _, item in self.strange]

    def listed(self) -> list[Digest]:
        """What the journal lists."""
        gone = {node.manifest for node in self.chain if not node.listed}
        return [item for item in self.order if item not in gone]

    def expected(self) -> Expected:
        """What happened, as far as it can still be seen."""
        seen = self._reached()
        links = [node for node in self.chain if node in seen]
        rivals = [rival for node in self.chain for rival in node.rivals]
        states = [(node.manifest, state, self._is_after_gap(node, seen)) for node, state in self._states(links)]
        releases: dict[str, Digest] = {}
        for node in links:
            releases.setdefault(node.record.release, node.record.digest)
        releases.pop("", None)
        faults = {(kind, item.manifest) for kind, item in self.strange}
        faults |= {("fork", rival.manifest) for rival in rivals}
        faults |= {("replayed", item) for item in self.twice}
        faults |= self._lost_sight_of(seen) | self._wrong(links, seen, releases)
        withdrawn = {node.record.withdraws for node in links if node.record.withdraws}
        word = self._word(links, rivals, withdrawn)
        return Expected(states, self.lost | {rival.manifest for rival in rivals}, faults, word, withdrawn, releases)

    def _reached(self) -> list[Node]:
        """Present, and listed or built on by what is reached itself."""
        seen: list[Node] = []
        after: Node | None = None
        for node in reversed(self.chain):
            if node.present and (node.listed or (after in seen if after else False) or self._twin_leads_to(node)):
                seen.append(node)
            after = node
        return seen

    def _twin_leads_to(self, node: Node) -> bool:
        return any(rival.before is node for other in self.chain for rival in other.rivals)

    def _is_after_gap(self, node: Node, seen: list[Node]) -> bool:
        return node.before is not None and node.before not in seen

    def _lost_sight_of(self, seen: list[Node]) -> set[tuple[str, Digest]]:
        found = set()
        for node in self.chain:
            named = any(other.before is node for other in seen) or self._twin_leads_to(node)
            if not node.present and (node.listed or named):
                found.add(("missing", node.manifest))
            if node.present and not node.listed:
                found.add(("unlisted", node.manifest))
        return found

    def _wrong(self, links: list[Node], seen: list[Node], releases: dict[str, Digest]) -> set[tuple[str, Digest]]:
        found: set[tuple[str, Digest]] = set()
        gone: set[Digest] = set()
        whole = True
        for node in links:
            whole = whole and not self._is_after_gap(node, seen)
            said = node.record
            if said.digest in gone:
                found.add(("withdrawn", node.manifest))
            if said.withdraws:
                gone.add(said.withdraws)
            if whole and node.nowhere:
                found.add(("target", node.manifest))
            if node.outside and not self._is_after_gap(node, seen):
                found.add(("outside", node.manifest))
            if said.release and releases[said.release] != said.digest:
                found.add(("release", node.manifest))
        return found

    def _word(self, links: list[Node], rivals: list[Node], withdrawn: set[Digest]) -> str:
        if not links:
            return "unrecorded" if self.tag else "head"
        head = links[-1].record
        words: list[tuple[str, Callable[[], bool]]] = [
            ("head", lambda: self.tag == head.digest),
            ("pending", lambda: self.tag == head.observed),
            ("absent", lambda: self.tag is None),
            ("withdrawn", lambda: self.tag in withdrawn),
            ("older", lambda: any(node.record.digest == self.tag for node in links)),
            ("lost", lambda: any(rival.record.digest == self.tag for rival in rivals)),
        ]
        return next((word for word, holds in words if holds()), "foreign")

    def _states(self, links: list[Node]) -> list[tuple[Node, str]]:
        after = [*(node.record.observed for node in links[1:]), self.tag]
        return [
            (node, "completed" if node.record.digest == seen else "authorised")
            for node, seen in zip(links, after, strict=False)
        ]

    def _withdrawn(self) -> set[Digest]:
        return {node.record.withdraws for node in self.chain if node.record.withdraws}

    def _write(self, to: Digest, finishes: bool, **changes: Any) -> None:
        node = self._node(to, self._head(), self.tag, **changes)
        self.chain.append(node)
        self.order.append(node.manifest)
        self.tag = to if finishes else self.tag

    def _node(self, to: Digest, before: Node | None, seen: Digest | None, **changes: Any) -> Node:
        made = record(
            before.record.sequence + 1 if before else 1,
            digest=to,
            observed=seen,
            previous=before.manifest if before else None,
            ticket=f"OPS-{self._next()}",
            **changes,
        )
        outside = before is not None and seen not in (before.record.digest, before.record.observed)
        return Node(digest(f"record {self._made}"), made, before, outside)

    def _add_strange(self, kind: str, item: RecordEntry, listed: bool) -> None:
        self.strange.append((kind, item))
        if listed:
            self.order.append(item.manifest)

    def _head(self) -> Node | None:
        return self.chain[-1] if self.chain else None

    def _next(self) -> int:
        self._made += 1
        return self._made


def _manifest(node: Node) -> Digest:
    return node.manifest
