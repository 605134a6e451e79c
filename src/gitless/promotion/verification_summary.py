"""The SLSA verification summary of a promotion, `https://slsa.dev/verification_summary/v1` (SLSA 1.2).

Only a promotion that passed gets one, and no level is claimed: gitless checks a policy, and evaluates no SLSA level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gitless.errors import DefectError
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.promotion import PolicyFact
from gitless.model.revision import rfc3339

NO_LEVEL = "SLSA_BUILD_LEVEL_UNEVALUATED"


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """What a summary says.

    Attributes:
        verifier: Who judged: the promoting workflow's URI; consumers trust a pair of signer and this.
        version: Version of gitless.
        time: When it was judged.
        resource: What was judged for, as `oci://REPOSITORY:CHANNEL`.
        policy: The rules; with an address.
        inputs: Address and manifest digest of every piece of evidence that was looked at; all of it, in any order.
        gates: What the gates said.
    """

    verifier: str
    version: str
    time: datetime
    resource: str
    policy: PolicyFact
    inputs: Sequence[tuple[str, Digest]]
    gates: Sequence[GateResult]


def build_summary(facts: SummaryFacts) -> dict[str, Any]:
    """Write the predicate.

    Raises:
        DefectError: A gate said no or none was asked (a failing verdict is never signed), or verifier, resource or
            policy have no address.
    """
    if not facts.gates or not all(gate.ok for gate in facts.gates):
        raise DefectError("A verification summary is only written for a promotion that passed.")
    if not all("://" in uri for uri in (facts.verifier, facts.resource, facts.policy.uri)):
        raise DefectError("A verification summary needs the addresses of verifier, resource and policy.")
    inputs = sorted(set(facts.inputs))
    return {
        "verifier": {"id": facts.verifier, "version": {"gitless": facts.version}},
        "timeVerified": rfc3339(facts.time),
        "resourceUri": facts.resource,
        "policy": {"uri": facts.policy.uri, "digest": {"sha256": facts.policy.digest.hex}},
        "inputAttestations": [{"uri": uri, "digest": {"sha256": digest.hex}} for uri, digest in inputs],
        "verificationResult": "PASSED",
        "verifiedLevels": [NO_LEVEL],
        "gitless_gates": [{"name": gate.name, "verdict": gate.verdict} for gate in facts.gates],
    }
