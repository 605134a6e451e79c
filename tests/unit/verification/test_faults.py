"""Every known fault, judged as evidence: refused by the check that is about it, with its word."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.fakes.sigstore.fault import CHECKS, Case, true_case
from tests.fakes.sigstore.faults import FAULTS
from tests.fakes.sigstore.paper import GITLAB_JOB, the_paper

from gitless.errors import UsageError
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.identity import IdentityPattern
from gitless.verification.certificates import CertificateTrust
from gitless.verification.evidence import Evidence, JudgedEvidence, judge_evidence

# a root that Flux would refuse is refused before any bundle is read
REFUSED_ROOTS = {"root-without-logs", "root-without-ct-logs"}


def judged(case: Case) -> JudgedEvidence:
    trust = CertificateTrust(IdentityPattern(case.issuer, case.identity), case.trusted_root)
    evidence = Evidence(Descriptor("m", Digest.of(case.bundle), 1), case.bundle)
    return judge_evidence(evidence, Digest(case.digest), [trust])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_refused_by_its_check_with_its_word(fault):
    case = fault.make(the_paper())
    if fault.name in REFUSED_ROOTS:
        with pytest.raises(UsageError, match="not complete"):
            judged(case)
        return
    found = judged(case)
    assert (found.standing, found.check) == (fault.word, fault.check), found.reason
    assert found.reason
    assert found.workload is None
    assert found.signed_at is None


def test_at_least_sixty_faults_and_every_check_refuses_some():
    counted = Counter(fault.check for fault in FAULTS)
    assert len(FAULTS) >= 60
    assert set(counted) == set(CHECKS)


@pytest.mark.parametrize(
    ("drawn", "timestamped"), [({}, True), ({"rekor": 1}, True), ({"rekor": 1, "timestamp": False}, False)]
)
@pytest.mark.parametrize("log_key", ["ed25519", "ecdsa"])
def test_the_same_cases_without_a_fault_are_valid(drawn, timestamped, log_key):
    found = judged(true_case(the_paper(log_key), **drawn))
    assert (found.standing, found.check) == ("valid", "bundle.9-subject"), found.reason
    assert found.timestamped is timestamped
    assert found.workload is not None


def test_a_gitlab_job_is_valid_under_its_own_name():
    case = true_case(the_paper(), identity=GITLAB_JOB)
    ours = Case(case.bundle, case.trusted_root, case.digest, GITLAB_JOB.subject, "https://gitlab.com")
    assert judged(ours).standing == "valid"
