"""Every way we know in which a bundle can be wrong, each with the check that must refuse it and the word it gets.

sigstore's conformance suite (sigstore-conformance 0.0.29) asks every client the same questions with bundles that were
signed once by the public instance. These are its questions and more of the same kind, asked with keys of our own: so
every answer can be told apart by its check, every fault is the only one in its bundle, and nothing ages. Where several
checks could refuse a fault, `check` is the one that is about it.

    for fault in FAULTS:
        case = fault.make(the_paper())
        …judge case.bundle about case.digest, for case.identity and case.issuer, under case.trusted_root…
        assert (found.standing, found.check) == (fault.word, fault.check)
"""

from __future__ import annotations

from tests.fakes.sigstore import faults_certificate, faults_format, faults_log, faults_statement, faults_time
from tests.fakes.sigstore.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *faults_format.FAULTS,
    *faults_certificate.FAULTS,
    *faults_time.FAULTS,
    *faults_log.FAULTS,
    *faults_statement.FAULTS,
)
BY_NAME = {fault.name: fault for fault in FAULTS}
