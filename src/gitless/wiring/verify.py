"""Wires the verbs that only read: verify and inspect."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gitless.errors import GitlessError, UsageError
from gitless.model.reference import Reference
from gitless.model.results import InspectResult, VerifyResult
from gitless.wiring.keys import trusted_keys

if TYPE_CHECKING:
    from gitless.registry.open import Stores
    from gitless.verification.trust import Trust


def verify(references: Sequence[str], keys: Sequence[str], policy: str, *, insecure: bool) -> tuple[VerifyResult, ...]:
    """Wire and run the verb verify; a reference that cannot be judged does not keep the others from it.

    Raises:
        UsageError: No key was given, or a reference or key is malformed.
    """
    from gitless.registry.open import Stores

    if not keys:
        raise UsageError("There is no key to verify with.", hint="Give --key FILE with the publisher's public key.")
    trusted = trusted_keys(keys)
    parsed = [Reference.parse(text) for text in references]
    stores = Stores(env=os.environ, insecure=insecure)
    return tuple(_verify_one(stores, reference, trusted, policy) for reference in parsed)


def _verify_one(stores: Stores, reference: Reference, trusted: Sequence[Trust], policy: str) -> VerifyResult:
    from gitless.flows.verify import verify as flow

    try:
        return flow(stores.open(reference.location), reference, trusted, policy)
    except GitlessError as error:
        return VerifyResult(str(reference), "", policy, error=error)


def inspect(reference: str, keys: Sequence[str], *, insecure: bool) -> InspectResult:
    """Wire and run the verb inspect."""
    from gitless.flows.inspect import inspect as flow
    from gitless.registry.open import Stores

    trusted = trusted_keys(keys)
    parsed = Reference.parse(reference)
    stores = Stores(env=os.environ, insecure=insecure)
    return flow(stores.open(parsed.location), parsed, trusted, _describe_sbom)


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
