"""Weighed evidence as entries of a channel's history."""

from __future__ import annotations

from gitless.errors import UntrustedContentError
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.promotion.gates.facts import Attestation
from gitless.promotion.record import read_record


def record_entry(item: Attestation) -> RecordEntry:
    """What one piece of evidence is as a promotion record.

    Args:
        item: The evidence, weighed under the promoting identity and about the digest it is attached to.

    Returns:
        The entry; `invalid` where it is signed and no whole record. What foreign or invalid evidence claims to be is
        kept beside its standing, for reports.
    """
    if item.statement is None:
        return RecordEntry(item.manifest, "invalid" if item.standing == "valid" else item.standing, item.reason)
    signer = item.workload.identity.subject if item.workload else ""
    content = Digest.of(item.statement.content)
    try:
        record = read_record(item.statement)
    except UntrustedContentError as error:
        if item.standing == "valid":
            return RecordEntry(item.manifest, "invalid", error.what, None, content, signer, item.signed_at)
        return RecordEntry(item.manifest, item.standing, item.reason, None, content, signer, item.signed_at)
    return RecordEntry(item.manifest, item.standing, item.reason, record, content, signer, item.signed_at)
