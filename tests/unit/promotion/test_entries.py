"""Evidence as entries of a history: what counts, and what only claims to be a record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.jobs import GITHUB_JOB
from tests.fakes.promotions import NOON, Weighed, digest, record, weighed

from gitless.model.digest import Digest
from gitless.model.namespace import PROMOTION
from gitless.promotion.entries import record_entry
from gitless.promotion.record import record_statement
from gitless.verification.evidence import JudgedEvidence

RECORD = record()
STATEMENT = record_statement(RECORD)


def test_a_signed_record() -> None:
    signed = JudgedEvidence(digest("m"), "valid", "Signed.", STATEMENT, "bundle.9-subject", GITHUB_JOB, NOON, True)
    entry = record_entry(signed)
    assert (entry.manifest, entry.standing, entry.record, entry.signed_at) == (digest("m"), "valid", RECORD, NOON)
    assert entry.statement == Digest.of(STATEMENT.content)
    assert entry.signer == GITHUB_JOB.identity.subject


@pytest.mark.parametrize("standing", ["foreign", "invalid"])
def test_what_strangers_claim_is_kept_beside_their_standing(standing: Any) -> None:
    entry = record_entry(Weighed(STATEMENT, standing, "Somebody else's."))
    assert (entry.standing, entry.reason, entry.record) == (standing, "Somebody else's.", RECORD)
    broken = record_entry(weighed(PROMOTION, {}, standing=standing, reason="Somebody else's."))
    assert (broken.standing, broken.reason, broken.record) == (standing, "Somebody else's.", None)


def test_signed_and_no_record_is_invalid() -> None:
    for item, reason in (
        (weighed(PROMOTION, {}), "names no policy"),
        (weighed("https://slsa.dev/provenance/v1", {}), "no promotion record"),
        (Weighed(replace(STATEMENT, subjects=(digest("elsewhere"),))), "another digest"),
    ):
        entry = record_entry(item)
        assert (entry.standing, entry.record) == ("invalid", None)
        assert reason in entry.reason


@pytest.mark.parametrize(("standing", "shown"), [("valid", "invalid"), ("foreign", "foreign"), ("invalid", "invalid")])
def test_what_cannot_be_read_at_all(standing: Any, shown: str) -> None:
    entry = record_entry(Weighed(None, standing, "It is no JSON."))
    assert (entry.standing, entry.reason, entry.statement) == (shown, "It is no JSON.", None)
