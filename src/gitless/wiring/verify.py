"""Wires the verbs that only read: verify and inspect."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gitless.errors import GitlessError, UsageError
from gitless.model.reference import Reference
from gitless.model.results import InspectResult, VerifyResult
from gitless.wiring.trust import TrustRequest, read_config, read_trust

if TYPE_CHECKING:
    from gitless.registry.open import Stores
    from gitless.verification.trust import Trust


def verify(
    references: Sequence[str], request: TrustRequest, policy: str, *, insecure: bool
) -> tuple[tuple[VerifyResult, ...], str]:
    """Wire and run the verb verify; a reference that cannot be judged does not keep the others from it.

    Returns:
        The results, and a notice about where trust came from; empty where there is nothing to say.

    Raises:
        UsageError: Nobody is to be trusted, or a reference, file or flag is wrong.
    """
    from gitless.registry.open import Stores

    if not (request.keys or request.names_certificate or request.config):
        raise UsageError(
            "There is nobody to trust, neither a key nor an identity.",
            hint="Give --key FILE with the publisher's public key, --certificate-identity together with "
            "--certificate-oidc-issuer, or --config gitless.yaml.",
        )
    parsed = [Reference.parse(text) for text in references]
    found = read_trust(request, policy, os.environ)
    stores = Stores(env=os.environ, insecure=insecure)
    promoted = _promoted(request, policy)
    results = tuple(_verify_one(stores, reference, found.trusted, policy, promoted) for reference in parsed)
    return results, found.notice


@dataclass(frozen=True)
class _Promoted:
    """The channels that promotions move, and who may; none where policy or configuration do not ask."""

    channels: frozenset[str] = frozenset()
    promoters: Sequence[Trust] = ()


def _promoted(request: TrustRequest, policy: str) -> _Promoted:
    if policy != "strict" or not request.config or request.role != "publish":
        return _Promoted()
    config = read_config(request.config)
    channels = frozenset(name for name, channel in config.channels.items() if channel.source)
    if not channels or config.identities.promote is None:
        return _Promoted()
    whom = TrustRequest(config=request.config, role="promote", trusted_root=request.trusted_root)
    return _Promoted(channels, read_trust(whom, policy, os.environ).trusted)


def _verify_one(
    stores: Stores, reference: Reference, trusted: Sequence[Trust], policy: str, promoted: _Promoted
) -> VerifyResult:
    from gitless.flows.verify import verify as flow

    try:
        repository = stores.open(reference.location)
        result = flow(repository, reference, trusted, policy)
        channel = reference.target
        if not isinstance(channel, str) or channel not in promoted.channels:
            return result
        from gitless.flows.verify_records import check_records

        check = check_records(repository, reference, channel, result.digest, promoted.promoters)
        return replace(result, checks=(*result.checks, check), requests=repository.requests)
    except GitlessError as error:
        return VerifyResult(str(reference), "", policy, error=error)


def inspect(reference: str, request: TrustRequest, *, insecure: bool) -> tuple[InspectResult, str]:
    """Wire and run the verb inspect; returns as `verify`."""
    from gitless.flows.inspect import inspect as flow
    from gitless.registry.open import Stores

    parsed = Reference.parse(reference)
    found = read_trust(
        request, "cosign", os.environ
    )  # nothing is judged under a policy: any kind of trust may be given
    stores = Stores(env=os.environ, insecure=insecure)
    return flow(stores.open(parsed.location), parsed, found.trusted, _describe_sbom), found.notice


def _describe_sbom(predicate: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from gitless.sbom.summary import summarize_sbom

    summary = summarize_sbom(dict(predicate))
    head = (
        f"SBOM CycloneDX {summary.spec_version}, {summary.completeness}: {summary.components} components, "
        f"{summary.files} files, {len(summary.charts)} charts, {len(summary.images)} images"
    )
    lines = (
        head,
        *(f"  image {image}" for image in summary.images),
        *(f"  chart {chart}" for chart in summary.charts),
        *(f"  not complete: {reason}" for reason in summary.reasons),
    )
    return lines, summary.images
