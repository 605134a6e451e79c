"""The rules of one channel: gitless.yaml of the protected default branch as gates and trusted identities."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitless.errors import UsageError
from gitless.model.digest import Digest
from gitless.model.promotion import PolicyFact

if TYPE_CHECKING:
    from gitless.config.channels import Channel, Gates
    from gitless.config.channels import ProvenanceGate as ProvenanceSection
    from gitless.config.schema import Config
    from gitless.config.trust import Identity
    from gitless.flows.move import Rules
    from gitless.promotion.gates.approvals import ApprovalsGate
    from gitless.promotion.gates.checks import ChecksGate
    from gitless.promotion.gates.freeze import FreezeGate
    from gitless.promotion.gates.provenance import ProvenanceGate
    from gitless.promotion.policy import EmergencyPolicy, GatePolicy
    from gitless.verification.trust import Trust

MAX_POLICY_FILE = 1024 * 1024
_UNPROTECTED = "There is no remote: the rules are this clone's own, and nobody protects them."


@dataclass(frozen=True)
class PolicySource:
    """gitless.yaml as the protected default branch has it.

    Attributes:
        config: What it says.
        fact: Its digest, commit and address.
        branch: The branch.
        read: Gives another file of the same commit, by its path beside gitless.yaml.
        notice: What the user should know; empty for nothing.
    """

    config: Config
    fact: PolicyFact
    branch: str
    read: Callable[[str], bytes]
    notice: str = ""


def read_policy(path: Path, top: Path, url: str, env: Mapping[str, str]) -> PolicySource:
    """Read the rules from the protected branch.

    Args:
        path: gitless.yaml in the working tree.
        top: The repository's top folder.
        url: The repository's web address.
        env: The environment.

    Raises:
        UsageError: The branch is not known, or has no such file.
        RemoteError: The branch cannot be fetched.
    """
    from gitless.ci.protected import ProtectedBranch
    from gitless.config.parse import parse_config

    branch = ProtectedBranch(top, env)
    name = _name_in(top, path)
    folder = name.rpartition("/")[0]

    def read(beside: str) -> bytes:
        inside = f"{folder}/{beside}" if folder else beside
        content = branch.read(inside, MAX_POLICY_FILE)
        if content is None:
            raise UsageError(f"{inside} is not on the protected branch {branch.branch}.")
        return content

    content = read(name.rpartition("/")[2])
    fact = PolicyFact(Digest.of(content), branch.commit, f"{url}/blob/{branch.commit}/{name}")
    notice = "" if branch.has_remote else _UNPROTECTED
    return PolicySource(parse_config(content, f"{branch.branch}:{name}"), fact, branch.branch, read, notice)


def _name_in(top: Path, path: Path) -> str:
    """The file's name in the repository as it was given: links of the checked-out tree could lead to laxer rules."""
    plain, root = Path(os.path.abspath(path)), Path(os.path.abspath(top))
    if plain.is_relative_to(root):
        return plain.relative_to(root).as_posix()
    return (path.parent.resolve() / path.name).relative_to(top.resolve()).as_posix()


def channel_rules(source: PolicySource, channel: str, env: Mapping[str, str]) -> Rules:
    """The rules of one channel.

    Raises:
        UsageError: There is no such channel, promote does not move it, or nobody may publish or promote.
    """
    from gitless.flows.move import Rules

    config = source.config
    section = config.channels.get(channel)
    if section is None or section.source is None:
        known = sorted(name for name, entry in config.channels.items() if entry.source)
        raise UsageError(
            f"promote does not move {channel[:80]!r}.",
            why=f"gitless.yaml of {source.branch} has no such channel with `from`.",
            hint=f"Known are {', '.join(known)}." if known else "Add channels: {stable: {from: latest}} to it.",
        )
    identities, above = config.identities, config.channels.get(section.source)
    same_key = bool(identities.publish and identities.promote and identities.publish.key) and (
        identities.publish == identities.promote
    )
    return Rules(
        policy=_policy(config, channel, section),
        fact=source.fact,
        publishers=trusted(source, "publish", env),
        promoters=trusted(source, "promote", env),
        environment=section.environment or "",
        branch=source.branch,
        shared_key=same_key,
        guarded_source=bool(above and above.source),
    )


def trusted(source: PolicySource, role: Literal["publish", "promote"], env: Mapping[str, str]) -> Sequence[Trust]:
    """The identity of a role, with keys and trusted root of the same commit.

    Raises:
        UsageError: The rules name nobody for it.
    """
    from gitless.verification.keys import TrustedKey

    identities = source.config.identities
    identity: Identity | None = identities.publish if role == "publish" else identities.promote
    if identity is None:
        raise UsageError(
            f"gitless.yaml of {source.branch} trusts nobody to {role}.",
            hint=f"Write identities.{role}; `gitless identity --for {role}` shows how.",
        )
    if identity.key:
        return (TrustedKey.from_pem(source.read(identity.key)),)
    from gitless.verification.certificates import CertificateTrust

    pattern = identity.to_pattern()
    assert pattern is not None
    return (CertificateTrust(pattern, trusted_root(source, env)),)


def trusted_root(source: PolicySource, env: Mapping[str, str]) -> bytes:
    """The Sigstore instance's trusted root, from the same commit where it is a file."""
    signing = source.config.signing
    if signing is not None and signing.sigstore != "public":
        return source.read(signing.sigstore.trusted_root)
    from gitless.signing.public import PublicGood
    from gitless.wiring.system import SystemClock

    return PublicGood(env, SystemClock().now).trusted_root()[0]


def _policy(config: Config, channel: str, section: Channel) -> GatePolicy:
    from gitless.promotion.gates.releases import ReleaseGate
    from gitless.promotion.gates.sbom import SbomGate
    from gitless.promotion.gates.secrets import SecretsGate
    from gitless.promotion.gates.soak import SoakGate
    from gitless.promotion.policy import GatePolicy, parse_duration

    gates = section.gates
    built, sbom = (gates.provenance, gates.sbom) if gates else (None, None)
    return GatePolicy(
        channel=channel,
        source=section.source or "",
        secrets=SecretsGate(tuple(entry.to_waiver() for entry in config.waivers)),
        release=ReleaseGate(section.releases.prereleases) if section.releases else None,
        provenance=_provenance(built),
        sbom=SbomGate(sbom.profile) if sbom else None,
        approvals=_approvals(gates),
        checks=_checks(gates),
        soak=SoakGate(parse_duration(gates.soak)) if gates and gates.soak else None,
        freeze=_freeze(gates),
        emergency=_emergency(section),
    )


def _provenance(built: ProvenanceSection | None) -> ProvenanceGate | None:
    from gitless.promotion.gates.provenance import ProvenanceGate

    return ProvenanceGate(built.repository, built.ref, built.workflow or "", built.runners) if built else None


def _approvals(gates: Gates | None) -> ApprovalsGate | None:
    from gitless.promotion.gates.approvals import ApprovalsGate

    return ApprovalsGate(gates.approvals.count, gates.approvals.exclude) if gates and gates.approvals else None


def _checks(gates: Gates | None) -> ChecksGate | None:
    from gitless.promotion.gates.checks import ChecksGate, RequiredCheck

    if not gates or not (gates.checks or gates.attestations):
        return None
    return ChecksGate(tuple(RequiredCheck(check.name, check.app_id) for check in gates.checks), gates.attestations)


def _freeze(gates: Gates | None) -> FreezeGate | None:
    from gitless.promotion.gates.freeze import FreezeGate, FreezeWindow

    if not gates or not gates.freeze:
        return None
    windows = tuple(
        FreezeWindow(tuple(window.days), window.start, window.to, window.yearly, window.reason or "")
        for window in gates.freeze.windows
    )
    return FreezeGate(gates.freeze.timezone, windows)


def _emergency(section: Channel) -> EmergencyPolicy | None:
    from gitless.promotion.policy import EmergencyPolicy

    found = section.emergency
    return EmergencyPolicy(tuple(found.may_skip), found.approvals.count if found.approvals else None) if found else None
