"""How reports of promotions say times, people, digests and gates; plain text, to be escaped where it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gitless.model.approval import Person
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.history import DeliveryFigures, Link
from gitless.model.promotion import Record

NOTHING = "–"


def minute(moment: datetime) -> str:
    """A time for people: `2026-11-20 12:00 UTC`."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def span(time: timedelta | None) -> str:
    """How long: the two largest units; a dash where it is not known."""
    if time is None:
        return NOTHING
    seconds = int(abs(time.total_seconds()))
    sign = "−" if time < timedelta() else ""
    sizes = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for unit, size in sizes:
        amount, seconds = divmod(seconds, size)
        if amount or (parts and unit != "s"):
            parts.append(f"{amount} {unit}")
    return sign + (" ".join(parts[:2]) or "0 s")


def short(digest: Digest | None) -> str:
    """The first digits of a digest; a dash for none."""
    return digest.short if digest else NOTHING


def people(persons: Sequence[Person]) -> str:
    """Names of people; a dash where nobody vouches for any."""
    return ", ".join(str(person) for person in persons) or NOTHING


def approvers(record: Record) -> str:
    """Who approved; a dash for nobody."""
    return people(tuple(dict.fromkeys(item.person for item in record.approvers)))


def why(record: Record) -> str:
    """Ticket and reason; empty for neither."""
    return " ".join(part for part in (record.ticket, record.reason) if part)


def gates(results: Sequence[GateResult]) -> str:
    """How many gates passed, and the names of those that did not."""
    others = [f"{gate.name} {gate.verdict}" for gate in results if gate.verdict != "passed"]
    passed = sum(gate.verdict == "passed" for gate in results)
    return ", ".join([f"{passed} passed", *others])


def signer(link: Link) -> str:
    """Who signed; keys have no name."""
    return link.signer or "a trusted key"


def lead(link: Link) -> timedelta | None:
    """From commit to channel; None where no commit time is recorded."""
    return link.time - link.record.committed if link.record.committed else None


def act(link: Link) -> str:
    """What it did, in a few words."""
    record = link.record
    word = "rolled back" if record.kind == "rollback" else "promoted"
    withdrew = f", withdrew {record.withdraws.short}" if record.withdraws else ""
    return f"{word}{' in an emergency' if record.emergency else ''}{withdrew}"


def figure_pairs(figures: DeliveryFigures) -> list[tuple[str, str]]:
    """The four DORA figures, each with its name."""
    rate = NOTHING if figures.failure_rate is None else f"{figures.failure_rate:.0%}"
    return [
        ("Deployment frequency", f"{figures.promotions} promotion(s), {figures.per_day:.2f} a day"),
        ("Lead time for changes", f"{span(figures.lead_time)} (median)"),
        ("Change failure rate", f"{rate} ({figures.failures} of {figures.promotions})"),
        ("Time to restore", f"{span(figures.restore_time)} (median)"),
    ]
