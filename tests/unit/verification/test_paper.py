"""The paper instance against sigstore-python's own verifier: what is true is accepted, what is false is really false."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.x509 import ExtensionNotFound
from sigstore.errors import Error
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.verify import Verifier, policy
from tests.fakes.sigstore.claims import GITHUB, GITLAB, github_claims
from tests.fakes.sigstore.fault import CHECKS, PAYLOAD, SUBJECT, Case, Fault, body_of, true_case
from tests.fakes.sigstore.faults import BY_NAME, FAULTS
from tests.fakes.sigstore.identities import Identity
from tests.fakes.sigstore.paper import (
    DIGEST,
    GITHUB_JOB,
    GITLAB_JOB,
    IN_TOTO,
    SIGNED,
    Paper,
    about,
    the_paper,
)
from tests.fakes.sigstore.trust import client_trust_config

OURS_TO_REFUSE = {
    # sigstore-python reads as much as it is given, takes the last of two equal keys, and older bundles
    "huge",
    "key-twice-dsseEnvelope",
    "key-twice-payload",
    "key-twice-canonicalizedBody",
    "bundle-version-0.1",
    "bundle-version-0.2",
    # … asks no authority and no log for the time it is trusted in, timestamp authorities excepted
    "authority-ended-in-root",
    "authority-not-begun-in-root",
    "ct-log-ended-in-root",
    "ct-log-not-begun-in-root",
    "log-ended-in-root",
    "log-not-begun-in-root",
    "log-ended-in-root-v1",
    # … is content with one name out of several, and with the deprecated issuer extension
    "two-subjects-of-certificate",
    "two-subjects-of-certificate-ours-last",
    "two-kinds-of-subject",
    "issuer-ours-in-the-old-place-only",
    # … takes the id of the log for a hint, and looks at nothing in a checkpoint but root hash and signature
    "entry-of-an-unknown-log-id",
    "log-index-other-than-the-proof",
    "checkpoint-of-another-origin",
    "checkpoint-of-another-size",
    # … and leaves what was signed to its caller
    *(fault.name for fault in FAULTS if fault.check in (PAYLOAD, SUBJECT)),
}
TRUE = {
    "GitHub, Rekor 2": {},
    "GitHub, Rekor 1": {"rekor": 1},
    "GitHub, Rekor 1 without timestamp": {"rekor": 1, "timestamp": False},
    "GitLab, Rekor 2": {"identity": GITLAB_JOB},
    "GitLab, Rekor 1": {"identity": GITLAB_JOB, "rekor": 1},
    "a deployment": {"identity": Identity.from_github(github_claims(environment="production"))},
}


def _verify(case: Case) -> tuple[str, bytes]:
    trust = client_trust_config(json.loads(case.trusted_root), json.loads(the_paper().signing_config("http://x")))
    verifier = Verifier(trusted_root=ClientTrustConfig.from_json(json.dumps(trust)).trusted_root)
    bundle = Bundle.from_json(case.bundle)
    return verifier.verify_dsse(bundle, policy.Identity(identity=case.identity, issuer=case.issuer))


@pytest.mark.parametrize("log_key", ["ed25519", "ecdsa"])
@pytest.mark.parametrize("drawn", TRUE.values(), ids=TRUE)
def test_what_is_true_is_accepted(log_key: str, drawn: dict[str, Any]) -> None:
    identity = drawn.get("identity", GITHUB_JOB)
    paper = the_paper(log_key)
    content = paper.sign(about(), **drawn)
    issuer = GITLAB if identity == GITLAB_JOB else GITHUB
    found = _verify(Case(content, paper.trusted_root(), DIGEST, identity.subject, issuer))
    assert found == (IN_TOTO, about())


def test_a_case_without_a_fault_is_accepted() -> None:
    assert _verify(true_case(the_paper()))[1] == about()


@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if each.name not in OURS_TO_REFUSE], ids=lambda each: each.name
)
def test_a_fault_is_one(fault: Fault) -> None:
    # A missing extension and bytes that are no certificate come as what cryptography raises.
    with pytest.raises((Error, ExtensionNotFound, ValueError)):
        _verify(fault.make(the_paper()))


@pytest.mark.parametrize("name", sorted(OURS_TO_REFUSE))
def test_what_sigstore_python_leaves_to_us_is_otherwise_true(name: str) -> None:
    _verify(BY_NAME[name].make(the_paper()))


def test_the_table_is_complete() -> None:
    assert len(BY_NAME) == len(FAULTS) >= 60
    assert {fault.check for fault in FAULTS} == set(CHECKS)
    assert {fault.word for fault in FAULTS if fault.check == "bundle.7-identity"} == {"foreign"}


def test_two_instances_share_nothing_but_names() -> None:
    one, two = Paper(), Paper()
    mine = Case(one.sign(about()), two.trusted_root())
    with pytest.raises(Error):
        _verify(mine)


def test_a_v2_entry_has_the_specification_s_form() -> None:
    entry = the_paper().draw(about())["verificationMaterial"]["tlogEntries"][0]
    body = body_of(entry)
    assert (body["kind"], body["apiVersion"]) == ("hashedrekord", "0.0.2")
    assert set(body["spec"]["hashedRekordV002"]) == {"data", "signature"}
    assert "inclusionPromise" not in entry
    assert entry["inclusionProof"]["checkpoint"]["envelope"].startswith("rekor2.paper.test\n")


def test_a_v1_entry_has_the_public_log_s_form() -> None:
    entry = the_paper().draw(about(predicate_type=SIGNED), rekor=1)["verificationMaterial"]["tlogEntries"][0]
    assert set(body_of(entry)["spec"]) == {"envelopeHash", "payloadHash", "signatures"}
    assert int(entry["logIndex"]) > int(entry["inclusionProof"]["logIndex"])
    origin, size = entry["inclusionProof"]["checkpoint"]["envelope"].splitlines()[:2]
    assert origin.startswith("rekor1.paper.test - ")
    assert size == entry["inclusionProof"]["treeSize"]
