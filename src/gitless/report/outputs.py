"""Results as the outputs of an action: few, flat and of one line; the JSON document has the rest."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.model.moves import MovesResult
from gitless.model.results import PublishResult, VerifyResult


def publish_outputs(result: PublishResult) -> dict[str, str]:
    """The outputs of publish; what belongs to one component is empty where there are several or it failed."""
    components = result.components
    only = components[0] if len(components) == 1 and components[0].error is None else None
    return {
        "digest": only.digest if only else "",
        "digest-url": only.reference if only else "",
        "reference": f"{only.repository}:{only.channel}@{only.digest}" if only and only.digest else "",
        "tags": "\n".join(only.tags) if only else "",
        "pushed": _word(any(item.pushed for item in components)),
        "changed": _word(any(item.changed for item in components)),
    }


def verify_outputs(results: Sequence[VerifyResult]) -> dict[str, str]:
    """The outputs of verify."""
    only = results[0] if len(results) == 1 else None
    return {
        "verified": _word(bool(results) and all(item.ok for item in results)),
        "digest": only.digest if only else "",
    }


def moves_outputs(result: MovesResult) -> dict[str, str]:
    """The outputs of promote and rollback; what belongs to one component is empty where there are several."""
    only = result.moves[0] if len(result.moves) == 1 else None
    is_known = only is not None and only.error is None
    return {
        "digest": only.digest if only and is_known else "",
        "digest-url": f"{only.repository}@{only.digest}" if only and is_known and only.digest else "",
        "release": only.release if only and is_known else "",
        "record": only.record if only and is_known else "",
        "passed": _word(result.ok),
        "moved": _word(any(move.moved for move in result.moves)),
    }


def holds_output(*, ok: bool) -> dict[str, str]:
    """The output of history and audit: whether everything is in order."""
    return {"ok": _word(ok)}


def _word(answer: bool) -> str:
    return "true" if answer else "false"
