"""Which manifests count as a channel's records: valid ones that the journal lists, and what these build on.

A journal is not signed and anyone with push rights can rewrite it. So it only says where to look; a valid record that
nobody lists is reported, and does not count, since different readers would find different ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gitless.model.digest import Digest
from gitless.model.history import Fault, RecordEntry
from gitless.model.promotion import Record


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that counts, and who stands for it.

    Attributes:
        entry: The manifest that stands for the record; copies of it are replays.
        record: What it says.
        previous: The manifest that stands for its predecessor; the named digest where that is not there.
    """

    entry: RecordEntry
    record: Record
    previous: Digest | None

    @property
    def manifest(self) -> Digest:
        """The manifest's digest."""
        return self.entry.manifest


def find_candidates(
    component: str, channel: str, entries: Sequence[RecordEntry], listed: Sequence[Digest]
) -> tuple[tuple[Candidate, ...], tuple[Fault, ...]]:
    """Pick the records of one channel.

    Args:
        component: The component.
        channel: The channel.
        entries: Everything that was found, valid or not; of several with one manifest digest the first counts.
        listed: What the journal lists, oldest first.

    Returns:
        The records that count, in the journal's order, and a fault for everything else that claims to be one.
    """
    known: dict[Digest, RecordEntry] = {}
    for entry in entries:
        known.setdefault(entry.manifest, entry)
    ours = (component, channel)
    counted, faults = _walk(ours, known, listed)
    stands = _stand_ins(counted)
    faults += _copies(counted, stands)
    faults += _others(ours, known, counted, listed)
    chosen = [item for item in counted.values() if stands[item.manifest] == item.manifest]
    return tuple(replace(item, previous=_resolve(item.previous, stands)) for item in chosen), tuple(faults)


def _walk(
    ours: tuple[str, str], known: Mapping[Digest, RecordEntry], listed: Sequence[Digest]
) -> tuple[dict[Digest, Candidate], list[Fault]]:
    """What is listed and what that builds on, each once, in this order."""
    counted: dict[Digest, Candidate] = {}
    faults: list[Fault] = []
    todo, seen, first = deque(listed), set(), frozenset(listed)
    while todo:
        digest = todo.popleft()
        if digest in seen:
            continue
        seen.add(digest)
        entry = known.get(digest) or RecordEntry(digest, "missing", "Its manifest is not there.")
        fault = _problem(ours, entry)
        if fault or entry.record is None:
            faults.append(fault or Fault("invalid", digest, "It is no record."))
            continue
        counted[digest] = Candidate(entry, entry.record, entry.record.previous)
        if digest not in first:
            faults.append(Fault("unlisted", digest, "A later record builds on it, and the journal does not list it."))
        if entry.record.previous:
            todo.append(entry.record.previous)
    return counted, faults


def _problem(ours: tuple[str, str], entry: RecordEntry) -> Fault | None:
    if entry.standing != "valid":
        return Fault(entry.standing, entry.manifest, entry.reason)
    if entry.record and _place(entry.record) != ours:
        component, channel = _place(entry.record)
        return Fault("misplaced", entry.manifest, f"It is a record of {component}, channel {channel}.")
    return None


def _place(record: Record) -> tuple[str, str]:
    return record.component, record.channel


def _stand_ins(counted: Mapping[Digest, Candidate]) -> dict[Digest, Digest]:
    """For each manifest the one that stands for its record: what others build on, else what comes first."""
    named = {item.previous for item in counted.values()}
    groups: dict[Digest, list[Digest]] = {}
    for digest, item in counted.items():
        groups.setdefault(item.entry.statement or digest, []).append(digest)
    stands: dict[Digest, Digest] = {}
    for group in groups.values():
        chosen = next((digest for digest in group if digest in named), group[0])
        stands.update(dict.fromkeys(group, chosen))
    return stands


def _resolve(previous: Digest | None, stands: Mapping[Digest, Digest]) -> Digest | None:
    return stands.get(previous, previous) if previous else None


def _copies(counted: Mapping[Digest, Candidate], stands: Mapping[Digest, Digest]) -> list[Fault]:
    return [_copy(digest, stands[digest]) for digest in counted if stands[digest] != digest]


def _copy(digest: Digest, original: Digest) -> Fault:
    return Fault("replayed", digest, f"It is a copy of the record {original}.")


def _others(
    ours: tuple[str, str],
    known: Mapping[Digest, RecordEntry],
    counted: Mapping[Digest, Candidate],
    listed: Sequence[Digest],
) -> list[Fault]:
    """What nothing leads to, and what claims to be a record of this channel or cannot be read."""
    originals = {item.entry.statement or digest: digest for digest, item in counted.items()}
    reached = {*listed, *(item.previous for item in counted.values())}
    strays = [entry for entry in known.values() if entry.manifest not in reached]
    return [_stray(entry, originals) for entry in strays if entry.record is None or _place(entry.record) == ours]


def _stray(entry: RecordEntry, originals: Mapping[Digest, Digest]) -> Fault:
    if entry.standing != "valid":
        return Fault(entry.standing, entry.manifest, entry.reason)
    if entry.record is None:
        return Fault("invalid", entry.manifest, "It is no record.")
    if entry.statement and entry.statement in originals:
        return _copy(entry.manifest, originals[entry.statement])
    return Fault("unlisted", entry.manifest, f"It is record {entry.record.sequence}, and the journal does not list it.")
