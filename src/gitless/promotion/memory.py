"""What an audit remembers outside the registry: the head of every journal as it was last seen.

A registry that was rolled back as a whole is consistent in itself; only memory elsewhere shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.audit import AuditFinding, Remembered
from gitless.model.canonical import canonical_json, read_json_object
from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory
from gitless.promotion.journal import journal_tag

MAX_MEMORY_BYTES = 16 * 1024 * 1024
Heads = Mapping[tuple[str, str], Remembered]


def read_memory(content: bytes, name: str) -> Heads:
    """Read the file.

    Args:
        content: Its bytes.
        name: What to call it in errors.

    Raises:
        UsageError: It is no memory of an audit.
    """
    try:
        document = read_json_object(content, name)
        if document.get("version") != 1:
            raise ValueError("its version is not 1")
        return dict(_entry(item) for item in document["channels"])
    except (UntrustedContentError, UsageError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} is not what an audit remembers.",
            why=f"It has no {error}." if isinstance(error, KeyError) else str(error)[:200],
            hint="Take the file an earlier `gitless audit --expect` wrote, or remove it to begin anew.",
        ) from error


def write_memory(heads: Heads) -> bytes:
    """The file's bytes; the same heads always give the same."""
    channels = [
        {
            "component": component,
            "channel": channel,
            "repository": head.repository,
            "sequence": head.sequence,
            "record": str(head.record),
        }
        for (component, channel), head in sorted(heads.items())
    ]
    return canonical_json({"version": 1, "channels": channels}) + b"\n"


def compare_memory(history: ChannelHistory, remembered: Remembered) -> Iterator[AuditFinding]:
    """Set a channel against what was seen of it before.

    Args:
        history: The channel now.
        remembered: Its head then.
    """
    head, expected = history.head, str(remembered.record)
    found = next((link for link in history.links if link.record.sequence == remembered.sequence), None)
    if head is None or head.record.sequence < remembered.sequence:
        number = head.record.sequence if head else 0
        reason = f"The journal ends with record {number}; record {remembered.sequence} was seen before."
        yield _finding(history, "memory.shorter", reason, expected, str(head.manifest) if head else "")
    elif found is not None and found.manifest != remembered.record:
        reason = f"Record {remembered.sequence} is another one than was seen before."
        yield _finding(history, "memory.rewritten", reason, expected, str(found.manifest))
    elif found is None and not any(fault.manifest == remembered.record for fault in history.faults):
        reason = f"Record {remembered.sequence}, which was seen before, is not in the chain."
        yield _finding(history, "memory.rewritten", reason, expected, "")


def _finding(history: ChannelHistory, kind: str, reason: str, expected: str, found: str) -> AuditFinding:
    tag = journal_tag(history.channel)
    return AuditFinding(history.component, history.channel, kind, tag, reason, expected, found, found)


def _entry(item: Mapping[str, Any]) -> tuple[tuple[str, str], Remembered]:
    texts = [item[name] for name in ("component", "channel", "repository")]
    number = item["sequence"]
    if not all(isinstance(text, str) for text in texts) or type(number) is not int or number < 1:
        raise ValueError("an entry has a value of the wrong type")
    component, channel, repository = texts
    return (component, channel), Remembered(repository, number, Digest.parse(item["record"]))
