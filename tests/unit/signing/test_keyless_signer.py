"""One certificate, one timestamp and one log entry each, against a paper instance on loopback."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.keyless import Time, Tokens, signer_for
from tests.fakes.sigstore.authorities import issue, new_key, pem
from tests.fakes.sigstore.ctlog import CtLog
from tests.fakes.sigstore.loopback import Answer, Request
from tests.fakes.sigstore.paper import GITHUB_JOB, Paper, about
from tests.fakes.sigstore.paper_answers import SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES, v1_entry
from tests.fakes.sigstore.paper_server import PaperServer, say
from tests.fakes.sigstore.paper_tree import leaf_hash

from gitless.errors import CheckError, DefectError, GitlessError, RemoteError, UntrustedContentError
from gitless.model.bundle import Bundle
from gitless.signing.instance import Version
from gitless.signing.keyless import Usage

STATEMENTS = [about(predicate_type=f"https://example.test/{number}") for number in range(3)]


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def server(clock: Time) -> Iterator[PaperServer]:
    with PaperServer(clock=clock.now) as running:
        yield running


@pytest.mark.parametrize("rekor", [1, 2])
def test_three_statements_side_by_side_use_one_certificate(server: PaperServer, clock: Time, rekor: Version) -> None:
    tokens = Tokens(clock)
    signer = signer_for(server, clock, tokens, rekor)
    assert signer.identity is None
    with ThreadPoolExecutor(3) as pool:
        bundles = [Bundle.parse(content) for content in pool.map(signer.sign, STATEMENTS)]
    assert [bundle.envelope.payload for bundle in bundles] == STATEMENTS
    assert len({bundle.certificate for bundle in bundles}) == 1
    assert tokens.given == 1
    assert signer.usage == Usage(fulcio=1, log=3, timestamps=3)
    assert server.entries(rekor) == 3
    assert signer.identity == tokens.workload.identity
    assert (signer.certificate_pem or b"").startswith(b"-----BEGIN CERTIFICATE-----")
    assert signer.public_key_pem is None


def test_fifty_components_use_one_certificate_and_stay_below_the_logs_limit(server: PaperServer, clock: Time) -> None:
    signer = signer_for(server, clock, rekor=1)
    starts = []
    wait = signer._log._before

    def before() -> None:
        wait()
        starts.append(clock.monotonic())

    signer._log._before = before
    for number in range(150):
        signer.sign(about(predicate_type=f"https://example.test/{number}"))
    assert server.count(SIGNING_CERT) == 1
    assert max(len([each for each in starts if start <= each < start + 1]) for start in starts) < 10


def test_a_statement_that_is_too_long_asks_nobody(server: PaperServer, clock: Time) -> None:
    signer = signer_for(server, clock)
    with pytest.raises(DefectError, match="limit is 3145728"):
        signer.sign(b"x" * 3 * 1024 * 1024)
    assert server.seen == []


def test_what_is_no_statement_is_an_error_of_ours(server: PaperServer, clock: Time) -> None:
    with pytest.raises(DefectError, match="not one"):
        signer_for(server, clock).sign(b"{}")
    assert server.count(V2_ENTRIES) == 0


def without_sct(answer: Answer, server: PaperServer) -> Answer:
    leaf = issue(server.paper.authorities, _key(answer), GITHUB_JOB, server.clock(), logs=[])
    return _with_leaf(answer, leaf)


def of_another_log(answer: Answer, server: PaperServer) -> Answer:
    leaf = issue(server.paper.authorities, _key(answer), GITHUB_JOB, server.clock(), logs=[CtLog(new_key())])
    return _with_leaf(answer, leaf)


def of_another_authority(answer: Answer, server: PaperServer) -> Answer:
    other = Paper()
    leaf = issue(other.authorities, _key(answer), GITHUB_JOB, server.clock(), logs=[other.ct])
    return _with_leaf(answer, leaf)


@pytest.mark.parametrize("change", [without_sct, of_another_log, of_another_authority])
def test_a_certificate_that_does_not_verify_signs_nothing(server: PaperServer, clock: Time, change: Change) -> None:
    _change_certificates(server, lambda answer: change(answer, server))
    with pytest.raises(CheckError, match="does not verify"):
        signer_for(server, clock).sign(STATEMENTS[0])
    assert server.count(TIMESTAMP) == server.count(V2_ENTRIES) == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"signedCertificateDetachedSct": {}}', b'{"signedCertificateEmbeddedSct": {"chain": []}}'],
)
def test_an_answer_without_a_certificate_is_refused(server: PaperServer, clock: Time, body: bytes) -> None:
    server.forecast(SIGNING_CERT, say(Answer(200, body)))
    with pytest.raises(UntrustedContentError, match="Cannot get a signing certificate") as caught:
        signer_for(server, clock).sign(STATEMENTS[0])
    assert "--ct-log-url" in caught.value.hint


def test_a_chain_of_one_is_refused(server: PaperServer, clock: Time) -> None:
    def shorten(answer: Answer) -> Answer:
        document = json.loads(answer.body)
        del document["signedCertificateEmbeddedSct"]["chain"]["certificates"][1:]
        return Answer.of(document)

    _change_certificates(server, shorten)
    with pytest.raises(UntrustedContentError):
        signer_for(server, clock).sign(STATEMENTS[0])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"a": 1, "b": 2}', b'{"a": {"body": "e30="}}'])
@pytest.mark.parametrize("rekor", [1, 2])
def test_an_answer_without_an_entry_is_refused(server: PaperServer, clock: Time, rekor: Version, body: bytes) -> None:
    path = V1_ENTRIES if rekor == 1 else V2_ENTRIES
    server.forecast(path, say(Answer(201, body)))
    with pytest.raises(UntrustedContentError, match="Cannot write to the transparency log"):
        signer_for(server, clock, rekor=rekor).sign(STATEMENTS[0])
    assert server.count(path) == 1


@pytest.mark.parametrize("rekor", [1, 2])
def test_an_entry_about_something_else_is_refused(server: PaperServer, clock: Time, rekor: Version) -> None:
    signer = signer_for(server, clock, rekor=rekor)
    signer.sign(STATEMENTS[0])
    path = V1_ENTRIES if rekor == 1 else V2_ENTRIES
    true_answer = server.answer

    def answer(request: Request) -> Answer:
        if request.path != path:
            return true_answer(request)
        entry = server.paper.rekor[rekor].find(leaf_hash(server.paper.rekor[rekor]._bodies[3][0].content).hex())
        assert entry is not None
        return Answer.of(v1_entry(entry) if rekor == 1 else entry, 201)

    server.answer = answer
    with pytest.raises(CheckError, match="does not verify"):
        signer.sign(STATEMENTS[1])


def test_no_token_is_in_logs_errors_or_values(
    server: PaperServer, clock: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = Tokens(clock)
    raw = tokens._first.raw.reveal()
    tokens._mint = lambda: tokens._first  # type: ignore[method-assign]
    echo = Answer.of({"code": 3, "message": f"cannot parse {raw}, sent as Bearer {raw}"}, 400)
    server.forecast(SIGNING_CERT, say(echo), say(Answer(500, raw.encode())), say(Answer(404, raw[5:].encode())))
    signer = signer_for(server, clock, tokens)
    shown = []
    for _ in range(2):
        with pytest.raises(GitlessError) as caught:
            signer.sign(STATEMENTS[0])
        trace = "".join(traceback.format_exception(caught.value))
        shown += [str(caught.value), repr(caught.value), trace]
    signer.sign(STATEMENTS[0])
    shown += [caplog.text, repr(signer.usage), str(vars(signer))]
    signature = raw.rpartition(".")[2]
    for text in shown:
        assert raw not in text
        assert f".{signature}" not in text
    assert "***" in shown[0]


Change = Callable[[Answer, PaperServer], Answer]


def _key(answer: Answer) -> ec.EllipticCurvePublicKey:
    chain = json.loads(answer.body)["signedCertificateEmbeddedSct"]["chain"]["certificates"]
    key = x509.load_pem_x509_certificate(chain[0].encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _with_leaf(answer: Answer, leaf: x509.Certificate) -> Answer:
    document = json.loads(answer.body)
    document["signedCertificateEmbeddedSct"]["chain"]["certificates"][0] = pem(leaf).decode()
    return Answer.of(document)


def _change_certificates(server: PaperServer, change: Callable[[Answer], Answer]) -> None:
    true_answer = server.answer

    def answer(request: Request) -> Answer:
        found = true_answer(request)
        return change(found) if request.path == SIGNING_CERT else found

    server.answer = answer


def nobodys(answer: Answer, server: PaperServer) -> Answer:
    job = type(GITHUB_JOB)(GITHUB_JOB.subject, {})
    return _with_leaf(
        answer, issue(server.paper.authorities, _key(answer), job, server.clock(), logs=[server.paper.ct])
    )


def test_a_certificate_of_no_job_signs_nothing(server: PaperServer, clock: Time) -> None:
    _change_certificates(server, lambda answer: nobodys(answer, server))
    with pytest.raises(CheckError, match="not a job's"):
        signer_for(server, clock).sign(STATEMENTS[0])
    assert server.count(TIMESTAMP) == 0


def test_what_sigstore_raises_is_ours(clock: Time) -> None:
    """By the machine's own clock, which sigstore asks, the certificate has ended; by the clock we were given it has not."""
    clock.passed = -1200
    with PaperServer(clock=clock.now) as server, pytest.raises(RemoteError) as caught:
        signer_for(server, clock).sign(STATEMENTS[0])
    assert caught.value.why.startswith("ExpiredCertificate")
    assert server.count(TIMESTAMP) == 0
