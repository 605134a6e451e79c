"""The rules of one channel, and the gates they ask for. Wiring makes the values from gitless.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gitless.errors import UsageError
from gitless.model.gate import GateResult
from gitless.model.promotion import PromotionKind
from gitless.promotion.emergency import skip
from gitless.promotion.gates.approvals import ApprovalsGate
from gitless.promotion.gates.checks import ChecksGate
from gitless.promotion.gates.determinism import DeterminismGate
from gitless.promotion.gates.facts import Gate, GateFacts
from gitless.promotion.gates.freeze import FreezeGate
from gitless.promotion.gates.order import OrderGate
from gitless.promotion.gates.provenance import ProvenanceGate
from gitless.promotion.gates.releases import ReleaseGate
from gitless.promotion.gates.sbom import SbomGate
from gitless.promotion.gates.secrets import SecretsGate
from gitless.promotion.gates.signature import SignatureGate
from gitless.promotion.gates.soak import SoakGate
from gitless.promotion.gates.target import TargetGate

WAIVED_FOR_ROLLBACK = frozenset({"soak", "freeze"})  # the release gate waives its order itself
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(?:[0-9]{1,6}[smhd]){1,4}")
_STEP = re.compile(r"([0-9]+)([smhd])")


@dataclass(frozen=True, slots=True)
class EmergencyPolicy:
    """What an emergency may do.

    Attributes:
        may_skip: Names of gates.
        approvals: How many approvals it needs instead; None for as many as always.
    """

    may_skip: tuple[str, ...]
    approvals: int | None = None


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What must hold before a channel moves; None and empty ask for nothing.

    Signature, secrets, determinism and target are asked of every promotion.

    Attributes:
        channel: The channel.
        source: The channel promote takes digests from; empty for any.
        secrets: With the exceptions the policy allows.
        release: Where each promotion makes a release.
        provenance: Where it must have been built.
        sbom: What must be described.
        approvals: Who must have approved.
        checks: What must be green.
        soak: For how long it must have been published.
        freeze: When nothing moves.
        emergency: What an emergency may do; None where there are none.
    """

    channel: str
    source: str = ""
    secrets: SecretsGate = field(default_factory=SecretsGate)
    release: ReleaseGate | None = None
    provenance: ProvenanceGate | None = None
    sbom: SbomGate | None = None
    approvals: ApprovalsGate | None = None
    checks: ChecksGate | None = None
    soak: SoakGate | None = None
    freeze: FreezeGate | None = None
    emergency: EmergencyPolicy | None = None

    def gates(self, kind: PromotionKind = "promote", *, emergency: bool = False) -> tuple[Gate, ...]:
        """The gates to judge, in the order people read them."""
        gates: tuple[Gate | None, ...] = (
            SignatureGate(),
            self.provenance,
            self.sbom,
            self.secrets,
            DeterminismGate(),
            TargetGate(),
            # what a rollback goes back to has come through the channels once
            OrderGate(self.source) if self.source and kind == "promote" else None,
            self.checks,
            self.approvals_gate(emergency=emergency),
            self.soak,
            self.freeze,
            self.release,
        )
        return tuple(gate for gate in gates if gate is not None)

    def approvals_gate(self, *, emergency: bool = False) -> ApprovalsGate | None:
        """The approvals gate that holds; its `tally` names the people."""
        instead = self.emergency.approvals if emergency and self.emergency else None
        if instead is None:
            return self.approvals
        return replace(self.approvals, count=instead) if self.approvals else ApprovalsGate(instead)


def judge_gates(
    policy: GatePolicy, facts: GateFacts, *, emergency: str | None = None, without: Collection[str] = ()
) -> tuple[GateResult, ...]:
    """Judge every gate of a policy.

    Args:
        policy: The channel's rules.
        facts: What was learned.
        emergency: Why it is an emergency; None when it is none.
        without: Gates that are left for later, such as `approvals` for a plan.

    Returns:
        One result for each gate. For rollbacks, soak, freeze and the order of releases are waived where they fail.

    Raises:
        UsageError: An emergency that the policy does not know, or one without a reason.
    """
    if emergency is not None and policy.emergency is None:
        raise UsageError(
            f"The channel {policy.channel} knows no emergencies.",
            why="Its policy has no section emergency.",
            hint="Add emergency: {may-skip: [soak, freeze]} to the channel on the protected default branch.",
        )
    gates = policy.gates(facts.kind, emergency=emergency is not None)
    results = tuple(gate.judge(facts) for gate in gates if gate.name not in without)
    if facts.kind == "rollback":
        results = tuple(_waive(result) for result in results)
    if emergency is None or policy.emergency is None:
        return results
    return skip(results, policy.emergency.may_skip, emergency)


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `30m`, `2h` or `1d12h`.

    Raises:
        UsageError: It is anything else.
    """
    if not _DURATION.fullmatch(text):
        raise UsageError(f"Not a duration: {text[:40]!r}", hint="Write it as 30m, 2h or 1d12h.")
    steps = (timedelta(**{_UNITS[unit]: int(number)}) for number, unit in _STEP.findall(text))
    return sum(steps, timedelta())


def _waive(result: GateResult) -> GateResult:
    waived = result.verdict == "failed" and result.name in WAIVED_FOR_ROLLBACK
    return replace(result, verdict="waived") if waived else result
