"""A history for people: lines for a terminal, and Markdown for a job summary or a page."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gitless.model.chronicle import ChannelChronicle, Chronicle
from gitless.model.history import Link
from gitless.model.results import VerifyFlags
from gitless.report.foreign import cell, code, fence, one_line
from gitless.report.words import (
    NOTHING,
    act,
    approvers,
    figure_pairs,
    gates,
    lead,
    minute,
    people,
    short,
    signer,
    span,
    why,
)


def chronicle_lines(chronicle: Chronicle) -> list[str]:
    """The newest record last, as logs are read; then what does not fit."""
    lines: list[str] = []
    for channel in chronicle.channels:
        lines += _channel_lines(chronicle.component, channel)
    return lines + [f"note: {one_line(notice)}" for notice in chronicle.notices]


def chronicle_markdown(chronicle: Chronicle) -> str:
    """One section a channel: its state, the figures, its records, what does not fit, how to check again."""
    head = "✅ is whole" if chronicle.ok else "❌ does not hold"
    parts = [f"## History of {cell(chronicle.component)} {head}", "", f"Read {minute(chronicle.made)}.", ""]
    parts += [f"- {cell(notice)}" for notice in chronicle.notices]
    for channel in chronicle.channels:
        parts += _channel_markdown(channel, chronicle.flags)
    return "\n".join(parts) + "\n"


def check_commands(channel: ChannelChronicle, link: Link, flags: VerifyFlags | None) -> str:
    """The commands that check one record again, for a shell."""
    if flags is None:
        return ""
    reference = f"{channel.repository}@{link.record.digest}"
    commands = [["gitless", "verify", *_promote(flags.gitless), "--policy", "flux", reference]]
    if not channel.repository.startswith("oci-layout:"):
        commands += [
            ["cosign", "verify-attestation", *flags.cosign, "--type", "https://gitless.dev/promotion/v1", reference]
        ]
    return "\n".join(map(shlex.join, commands))


def _promote(flags: Sequence[str]) -> list[str]:
    """A configuration's promoting identity; what names somebody by itself stays as it is."""
    return [*flags, "--for", "promote"] if "--config" in flags else list(flags)


def _channel_lines(component: str, channel: ChannelChronicle) -> list[str]:
    tag = channel.history.tag
    verdict = "ok" if channel.ok else "NOT whole:"
    head = f"{verdict} {one_line(component)} {one_line(channel.name)}  {one_line(channel.repository)}"
    lines = [head, f"  {'ok ' if tag.ok else 'NO '} tag {tag.word}: {one_line(tag.reason)}"]
    lines += [f"  … {channel.earlier} earlier record(s)"] if channel.earlier else []
    for link in channel.shown:
        lines += _link_lines(link)
    lines += [f"  NO  lost record {link.record.sequence}: {link.manifest}" for link in channel.history.lost]
    lines += [f"  NO  {fault.kind} {fault.manifest}: {one_line(fault.reason)}" for fault in channel.history.faults]
    if channel.unread:
        lines.append(f"  NO  {channel.unread} referrers of the channel's digest are too many to be read")
    if channel.figures:
        lines += [f"  {name}: {value}" for name, value in figure_pairs(channel.figures)]
    return lines


def _link_lines(link: Link) -> list[str]:
    record = link.record
    claimed = " (claimed)" if link.is_claimed else ""
    release = f" {record.release}" if record.release else ""
    gap = ["  NO  the record before the next one is missing"] if link.gap else []
    what = f"{short(record.observed)} → {short(record.digest)}"
    who = f"by {people(record.requesters)}, approved by {approvers(record)}, signed by {signer(link)}"
    lines = [
        f"  #{record.sequence} {minute(link.time)}{claimed} {act(link)}{release}  {what}  {link.state}",
        f"      {one_line(who)}",
        f"      gates: {one_line(gates(record.gates))}; lead time {span(lead(link))}",
    ]
    said = why(record)
    return [*gap, *lines, *([f"      reason: {one_line(said)}"] if said else [])]


def _channel_markdown(channel: ChannelChronicle, flags: VerifyFlags | None) -> list[str]:
    tag = channel.history.tag
    parts = ["", f"### {cell(channel.name)}", "", f"{code(channel.repository)}", ""]
    parts += [f"- {'ok' if tag.ok else '**no**'}: the tag is {code(tag.word)}. {cell(tag.reason)}"]
    if channel.unread:
        parts.append(f"- **no**: {channel.unread} referrers of the channel's digest are too many to be read.")
    parts += [
        f"- **no**: {code(fault.kind)} {code(fault.manifest.short)} {cell(fault.reason)}"
        for fault in channel.history.faults
    ]
    if channel.figures:
        period = f"{minute(channel.figures.start)} to {minute(channel.figures.end)}"
        note = " Some of the times are claimed by the signer alone." if channel.figures.is_claimed else ""
        parts += ["", f"{period}.{note}", "", "| Figure | Value |", "|---|---|"]
        parts += [f"| {name} | {cell(value)} |" for name, value in figure_pairs(channel.figures)]
    return [*parts, "", *_table(channel), *_checks(channel, flags)]


def _table(channel: ChannelChronicle) -> list[str]:
    rows = [
        "| # | When | What | From → to | Release | Requested by | Approved by | Gates | Lead time | Reason | Record |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [_row(link) for link in reversed(channel.shown)]
    return [*rows, *([f"\n{channel.earlier} earlier record(s) are not shown."] if channel.earlier else [])]


def _row(link: Link) -> str:
    record = link.record
    columns = (
        str(record.sequence) + (" (after a gap)" if link.gap else ""),
        minute(link.time) + (" (claimed)" if link.is_claimed else ""),
        f"{act(link)}, {link.state}",
        f"{code(short(record.observed))} → {code(short(record.digest))}",
        cell(record.release) or NOTHING,
        cell(people(record.requesters)),
        cell(approvers(record)),
        cell(gates(record.gates)),
        span(lead(link)),
        cell(why(record)) or NOTHING,
        f"{code(link.manifest.short)} signed by {cell(signer(link))}",
    )
    return f"| {' | '.join(columns)} |"


def _checks(channel: ChannelChronicle, flags: VerifyFlags | None) -> list[str]:
    if not flags or not channel.shown:
        return []
    commands = check_commands(channel, channel.shown[-1], flags)
    return [
        "",
        "<details><summary>Check the newest record again</summary>",
        "",
        fence(commands, "sh"),
        "",
        "</details>",
    ]
