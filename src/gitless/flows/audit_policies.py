"""The rules that records were judged under, against the history of the protected branch."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.model.audit import AuditFinding
from gitless.model.history import ChannelHistory
from gitless.model.promotion import PolicyFact
from gitless.ports import PolicyHistory


def judge_policies(
    policies: PolicyHistory | None, histories: Sequence[ChannelHistory]
) -> tuple[list[AuditFinding], list[str]]:
    """Look for each record's rules: a commit of the protected branch, and the same bytes there.

    Args:
        policies: The branch's history; None where there is none to look at.
        histories: The channels.

    Returns:
        Findings, and notices about what could not be checked.
    """
    links = [(history, link) for history in histories for link in history.links]
    if policies is None:
        return [], ["The records' policies were not checked: there is no Git history to look at."] if links else []
    facts = dict.fromkeys(link.record.policy for _, link in links)
    said = {fact: _judge_policy(policies, fact) for fact in facts}
    findings = [
        AuditFinding(
            history.component,
            history.channel,
            kind,
            "",
            f"Record {link.record.sequence}: {reason}",
            expected,
            str(link.record.policy.digest),
            str(link.manifest),
        )
        for history, link in links
        for kind, reason, expected in [said[link.record.policy]]
        if kind
    ]
    unknown = sum(not kind and bool(reason) for kind, reason, _ in said.values())
    notice = f"{unknown} of {len(facts)} policies were not checked: the clone does not have their history."
    return findings, [notice] if unknown else []


def _judge_policy(policies: PolicyHistory, fact: PolicyFact) -> tuple[str, str, str]:
    """Kind of finding, reason and expected digest; no kind but a reason where it could not be checked."""
    contained = policies.contains(fact.commit)
    if contained is None:
        return "", "not known", ""
    if not contained:
        return "policy.commit", f"its rules are of {fact.commit[:12]}, which the protected branch does not have.", ""
    digest = policies.digest_at(fact.commit)
    if digest is None:
        return "policy.file", f"its rules' file is not in {fact.commit[:12]}.", ""
    if digest != fact.digest:
        return "policy.digest", f"its rules are not those of {fact.commit[:12]}.", str(digest)
    return "", "", ""
