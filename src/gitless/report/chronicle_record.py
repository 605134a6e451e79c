"""A history as the JSON document of `gitless history --json`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gitless.model.approval import Person
from gitless.model.chronicle import ChannelChronicle, Chronicle
from gitless.model.digest import Digest
from gitless.model.history import DeliveryFigures, Fault, Link
from gitless.model.promotion import Record
from gitless.model.revision import rfc3339
from gitless.report.words import lead


def chronicle_record(chronicle: Chronicle) -> dict[str, Any]:
    """The document: channels, and in each of them the records of the period, oldest first."""
    return {
        "verb": "history",
        "ok": chronicle.ok,
        "component": chronicle.component,
        "made": rfc3339(chronicle.made),
        "channels": [_channel(channel) for channel in chronicle.channels],
        "notices": list(chronicle.notices),
        "requests": chronicle.requests,
    }


def _channel(channel: ChannelChronicle) -> dict[str, Any]:
    history = channel.history
    return {
        "channel": channel.name,
        "repository": channel.repository,
        "ok": channel.ok,
        "tag": {"state": history.tag.word, "digest": _text(history.tag.digest), "reason": history.tag.reason},
        "since": _moment(channel.since),
        "earlier": channel.earlier,
        "unread": channel.unread,
        "records": [_link(link) for link in channel.shown],
        "lost": [_link(link) for link in history.lost],
        "faults": [_fault(fault) for fault in history.faults],
        "withdrawn": sorted(map(str, history.withdrawn)),
        "releases": {name: str(digest) for name, digest in history.releases.items()},
        "figures": _figures(channel.figures),
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {"kind": fault.kind, "record": str(fault.manifest), "reason": fault.reason}


def _link(link: Link) -> dict[str, Any]:
    record = link.record
    return {
        "sequence": record.sequence,
        "record": str(link.manifest),
        "state": link.state,
        "kind": record.kind,
        "digest": str(record.digest),
        "observed": _text(record.observed),
        "previous": _text(record.previous),
        "gap": link.gap,
        "release": record.release,
        "from": record.source,
        "time": rfc3339(link.time),
        "vouched": not link.is_claimed,
        "signer": link.signer,
        "lead_seconds": _seconds(lead(link)),
        **_decision(record),
        **_origin(record),
    }


def _decision(record: Record) -> dict[str, Any]:
    return {
        "requesters": [_person(person) for person in record.requesters],
        "approvers": [
            {**_person(item.person), "kind": item.kind, "at": _moment(item.at), "change": item.change}
            for item in record.approvers
        ],
        "reason": record.reason,
        "ticket": record.ticket,
        "emergency": record.emergency,
        "gates": [{"name": gate.name, "verdict": gate.verdict, "reason": gate.reason} for gate in record.gates],
        "withdraws": _text(record.withdraws),
        "shared_key": record.shared_key,
    }


def _origin(record: Record) -> dict[str, Any]:
    run = record.run
    return {
        "created": rfc3339(record.created),
        "repository": record.repository,
        "revision": record.revision,
        "committed": _moment(record.committed),
        "sbom": _text(record.sbom),
        "diff": _text(record.diff),
        "policy": {
            "digest": str(record.policy.digest),
            "commit": record.policy.commit,
            "uri": record.policy.uri,
        },
        "run": {
            "url": run.url,
            "workflow_ref": run.workflow_ref,
            "workflow_sha": run.workflow_sha,
            "runner": run.runner,
            "verified": run.verified,
        },
        "tools": dict(record.tools),
    }


def _figures(figures: DeliveryFigures | None) -> dict[str, Any] | None:
    if figures is None:
        return None
    return {
        "start": rfc3339(figures.start),
        "end": rfc3339(figures.end),
        "promotions": figures.promotions,
        "per_day": round(figures.per_day, 4),
        "lead_time_seconds": _seconds(figures.lead_time),
        "failures": figures.failures,
        "failure_rate": figures.failure_rate,
        "restore_time_seconds": _seconds(figures.restore_time),
        "claimed_times": figures.is_claimed,
    }


def _person(person: Person) -> dict[str, Any]:
    return {"platform": person.platform, "id": person.id, "login": person.login}


def _text(digest: Digest | None) -> str | None:
    return str(digest) if digest else None


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _seconds(time: timedelta | None) -> float | None:
    return time.total_seconds() if time is not None else None
