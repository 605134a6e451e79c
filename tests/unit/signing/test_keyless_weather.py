"""Bad days of Sigstore's services: every run ends with complete bundles or with an error that says whose fault it is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from tests.fakes.keyless import Time, Tokens, signer_for
from tests.fakes.sigstore.loopback import Answer
from tests.fakes.sigstore.paper import about
from tests.fakes.sigstore.paper_answers import SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES, rekor_error
from tests.fakes.sigstore.paper_server import CUT, LOST, PaperServer, refuse, say

from gitless.errors import CheckError, GitlessError, RemoteError, UntrustedContentError
from gitless.model.bundle import Bundle
from gitless.signing.instance import Version
from gitless.signing.keyless import KeylessSigner

STATEMENT = about()
LOGS = {1: V1_ENTRIES, 2: V2_ENTRIES}


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def server(clock: Time) -> Iterator[PaperServer]:
    with PaperServer(clock=clock.now) as running:
        yield running


def failure(signer: KeylessSigner) -> GitlessError:
    with pytest.raises(GitlessError) as caught:
        signer.sign(STATEMENT)
    return caught.value


def test_fulcio_refuses_the_token(server: PaperServer, clock: Time) -> None:
    server.forecast(SIGNING_CERT, say(_fulcio(400, "There was an error processing the identity token")))
    error = failure(signer_for(server, clock))
    assert isinstance(error, RemoteError)
    assert (error.exit_code, error.temporary, error.status) == (3, False, 400)
    assert error.what == "Fulcio refuses the job's token."
    assert "answered 400: There was an error processing the identity token" in error.why
    assert server.count(SIGNING_CERT) == 1
    assert server.count(TIMESTAMP) == server.count(V2_ENTRIES) == 0


def test_fulcio_lacks_a_claim_and_names_it(server: PaperServer, clock: Time) -> None:
    words = 'map has no entry for key "ci_config_ref_uri"'
    server.forecast(SIGNING_CERT, say(_fulcio(400, words)))
    assert words in failure(signer_for(server, clock)).why


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("path", [SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES])
def test_a_busy_service_is_asked_again(server: PaperServer, clock: Time, path: str, status: int) -> None:
    rekor: Version = 1 if path == V1_ENTRIES else 2
    server.forecast(path, refuse(status), refuse(status))
    Bundle.parse(signer_for(server, clock, rekor=rekor).sign(STATEMENT))
    assert server.count(path) == 3
    assert server.entries(rekor) == 1


@pytest.mark.parametrize("path", [SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES])
def test_retry_after_is_honoured_in_full(server: PaperServer, clock: Time, path: str) -> None:
    server.forecast(path, refuse(429, retry_after=37))
    signer_for(server, clock, rekor=1 if path == V1_ENTRIES else 2).sign(STATEMENT)
    assert [wait for wait in clock.waits if wait >= 37.0] == [37.5]


def test_a_wait_beyond_the_deadline_is_not_waited_for(server: PaperServer, clock: Time) -> None:
    server.climate(V1_ENTRIES, refuse(429, retry_after=600))
    error = failure(signer_for(server, clock, rekor=1))
    assert isinstance(error, RemoteError)
    assert (error.exit_code, error.temporary, error.status) == (3, True, 429)
    assert "It asks to wait 600 s." in error.why
    assert server.count(V1_ENTRIES) == 1


@pytest.mark.parametrize("path", [SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES])
def test_a_minute_of_502_is_outlasted(server: PaperServer, clock: Time, path: str) -> None:
    rekor: Version = 1 if path == V1_ENTRIES else 2
    fair_at = clock.monotonic() + 60.0
    server.climate(path, refuse(502))
    patience = clock.patience()
    wait = patience.sleep

    def sleep(seconds: float) -> None:
        wait(seconds)
        if clock.monotonic() >= fair_at:
            server.climate(path)

    object.__setattr__(patience, "sleep", sleep)
    Bundle.parse(signer_for(server, clock, rekor=rekor, patience=patience).sign(STATEMENT))
    assert server.entries(rekor) == 1
    assert clock.passed >= 60.0


@pytest.mark.parametrize("path", [SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES])
def test_a_service_that_stays_down_ends_the_run_in_time(server: PaperServer, clock: Time, path: str) -> None:
    server.climate(path, refuse(503))
    error = failure(signer_for(server, clock, rekor=1 if path == V1_ENTRIES else 2))
    assert isinstance(error, RemoteError)
    assert (error.exit_code, error.temporary) == (3, True)
    assert "answered 503" in error.why
    assert error.hint == "Run the same command again later; it completes the work."
    assert clock.passed <= 120.0
    assert server.entries(1) == server.entries(2) == 0


@pytest.mark.parametrize("weather", [refuse(500), CUT], ids=["500", "cut"])
def test_no_log_entry_is_made_while_the_timestamp_authority_is_down(
    server: PaperServer, clock: Time, weather: object
) -> None:
    server.climate(TIMESTAMP, weather)  # type: ignore[arg-type]
    error = failure(signer_for(server, clock))
    assert isinstance(error, RemoteError)
    assert error.what == "Cannot get a timestamp."
    assert server.count(V2_ENTRIES) == 0


@pytest.mark.parametrize("weather", [LOST, CUT], ids=["answer lost", "cut"])
@pytest.mark.parametrize("rekor", [1, 2])
def test_a_lost_answer_of_the_log(server: PaperServer, clock: Time, rekor: Version, weather: object) -> None:
    server.forecast(LOGS[rekor], weather)  # type: ignore[arg-type]
    content = signer_for(server, clock, rekor=rekor).sign(STATEMENT)
    assert Bundle.parse(content).envelope.payload == STATEMENT
    # version 2 gives no proof for an entry that it has
    assert server.entries(rekor) == (2 if rekor == 2 and weather is LOST else 1)


def test_an_entry_that_exists_is_read_where_it_is(server: PaperServer, clock: Time) -> None:
    server.forecast(V1_ENTRIES, LOST)
    signer = signer_for(server, clock, rekor=1)
    signer.sign(STATEMENT)
    methods = [seen.method for seen in server.seen if seen.path.startswith(V1_ENTRIES)]
    assert methods == ["POST", "POST", "GET"]
    assert signer.usage.log == 3


def test_a_place_that_is_no_entry_is_not_read(server: PaperServer, clock: Time) -> None:
    server.forecast(V1_ENTRIES, say(rekor_error(409, "there", Location="http://169.254.169.254/latest/meta-data")))
    error = failure(signer_for(server, clock, rekor=1))
    assert isinstance(error, UntrustedContentError)
    assert [seen.method for seen in server.seen if seen.path.startswith(V1_ENTRIES)] == ["POST"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
@pytest.mark.parametrize("path", [TIMESTAMP, V1_ENTRIES, V2_ENTRIES])
def test_what_is_not_temporary_is_not_tried_again(server: PaperServer, clock: Time, path: str, status: int) -> None:
    server.climate(path, refuse(status))
    error = failure(signer_for(server, clock, rekor=1 if path == V1_ENTRIES else 2))
    assert isinstance(error, RemoteError)
    assert (error.status, error.temporary) == (status, False)
    assert server.count(path) == 1


def test_redirects_are_not_followed(server: PaperServer, clock: Time) -> None:
    server.climate(SIGNING_CERT, say(Answer(307, b"", {"Location": f"{server.url}/elsewhere"})))
    error = failure(signer_for(server, clock))
    assert isinstance(error, RemoteError)
    assert error.status == 307
    assert server.count("/elsewhere") == 0


def test_the_token_ends_between_two_statements_of_a_gitlab_job(server: PaperServer, clock: Time) -> None:
    tokens = Tokens(clock, only=True, seconds=300)
    signer = signer_for(server, clock, tokens)
    Bundle.parse(signer.sign(STATEMENT))
    clock.passed += 360
    error = failure(signer)
    assert isinstance(error, RemoteError)
    assert error.exit_code == 3
    assert "ran out" in error.what
    assert server.entries(2) == 1


def test_a_valid_certificate_outlives_its_token(server: PaperServer, clock: Time) -> None:
    tokens = Tokens(clock, only=True, seconds=120)
    signer = signer_for(server, clock, tokens)
    signer.sign(STATEMENT)
    clock.passed += 180
    signer.sign(STATEMENT)
    assert server.count(SIGNING_CERT) == 1


def test_a_fresh_token_gets_a_new_certificate_before_the_old_one_ends(server: PaperServer, clock: Time) -> None:
    signer = signer_for(server, clock)
    first = Bundle.parse(signer.sign(STATEMENT))
    clock.passed += 360
    second = Bundle.parse(signer.sign(STATEMENT))
    assert first.certificate != second.certificate
    assert server.count(SIGNING_CERT) == 2


@pytest.mark.parametrize(("minutes", "way"), [(10, "ahead of"), (-10, "behind")])
def test_a_clock_that_is_off(minutes: int, way: str) -> None:
    theirs = Time()

    class Off(Time):
        def now(self) -> datetime:
            return super().now() + timedelta(minutes=minutes)

    with PaperServer(clock=theirs.now) as server:
        # the token is good in Fulcio's eyes
        tokens = Tokens(theirs, seconds=3600)
        error = failure(signer_for(server, Off(), tokens))
        assert isinstance(error, RemoteError)
        assert error.exit_code == 3
        assert error.what == "This machine's clock is wrong."
        assert f"10 minutes {way}" in error.why
        assert server.count(TIMESTAMP) == server.entries(2) == 0


def test_whoever_waits_for_the_certificate_shares_the_failure(server: PaperServer, clock: Time) -> None:
    server.climate(SIGNING_CERT, refuse(400))
    signer = signer_for(server, clock)
    with ThreadPoolExecutor(3) as pool:
        errors = list(pool.map(lambda _: failure(signer), range(3)))
    assert {error.what for error in errors} == {"Fulcio refuses the job's token."}
    server.climate(SIGNING_CERT)
    Bundle.parse(signer.sign(STATEMENT))


def test_another_identity_than_the_tokens_signs_nothing(server: PaperServer, clock: Time) -> None:
    class Mapped(Tokens):
        def token(self, seconds: float) -> object:  # type: ignore[override]
            mine = super().token(seconds)
            return type(mine)(mine.raw, mine.platform, other, mine.expires)

    other = Tokens(clock, ref="refs/heads/other").workload
    error = failure(signer_for(server, clock, Mapped(clock)))
    assert isinstance(error, CheckError)
    assert "source_ref: refs/heads/other by the token, refs/heads/main by the certificate" in error.why
    assert "push-artifact.yaml@refs/heads/other (issuer https://token.actions" in error.why
    assert server.count(TIMESTAMP) == server.entries(2) == 0


def _fulcio(status: int, message: str) -> Answer:
    return Answer.of({"code": 3, "message": message, "details": []}, status)
