"""The job's token: what is accepted, what is refused and with which words, and how often the platform is asked."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from tests.fakes.sigstore.claims import GITHUB, SHA, github_claims, gitlab_claims
from tests.fakes.sigstore.issuers import DISCOVERY, GITLAB_JWKS, HONEST, JWKS_PATHS, RUNTIME, Forgery, Issuers
from tests.fakes.sigstore.loopback import Answer

from gitless.ci.oidc import GitHubTokens, GitLabTokens, detect_tokens
from gitless.errors import CheckError, GitlessError, RemoteError, UsageError
from gitless.model.token import IdentityToken

JWKS = JWKS_PATHS[GITHUB]


class Clock:
    """The machine's clock, off by some seconds."""

    def __init__(self, off: float = 0.0) -> None:
        self.off = off

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.off, timezone.utc)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuers]:
    with Issuers(tmp_path_factory.mktemp("issuers"), ["https://git.acme.example"]) as issuers:
        # the keys are made at their first use, which must not be two threads' at once
        assert all(issuer.key for issuer in issuers.all.values())
        yield issuers


@pytest.fixture
def issuers(running: Issuers) -> Issuers:
    running.requests.clear()
    running._next.clear()
    return running


def github(issuers: Issuers, forgery: Forgery = HONEST, off: float = 0.0, **claims: Any) -> GitHubTokens:
    tokens = detect_tokens(issuers.client_environment() | issuers.github_job(forgery, **claims), Clock(off))
    assert isinstance(tokens, GitHubTokens)
    return tokens


def gitlab(
    issuers: Issuers, forgery: Forgery = HONEST, off: float = 0.0, server: str | None = None, **claims: Any
) -> GitLabTokens:
    env = issuers.client_environment() | issuers.gitlab_job(forgery, **claims)
    tokens = detect_tokens(env, Clock(off), server=server)
    assert isinstance(tokens, GitLabTokens)
    return tokens


def given(issuers: Issuers, raw: str) -> GitLabTokens:
    """GitLab's source with these very characters as its token."""
    env = issuers.client_environment() | issuers.gitlab_job() | {"SIGSTORE_ID_TOKEN": raw}
    tokens = detect_tokens(env, Clock())
    assert isinstance(tokens, GitLabTokens)
    return tokens


def refusal(tokens: GitHubTokens | GitLabTokens, kind: type[GitlessError] = CheckError, seconds: float = 60) -> str:
    with pytest.raises(kind) as caught:
        tokens.token(seconds)
    assert type(caught.value) is kind
    assert "eyJ" not in str(caught.value)
    return str(caught.value)


def paths(issuers: Issuers) -> list[str]:
    return [request.path for request in issuers.requests]


def test_github_mints_a_token_that_is_verified_with_the_issuers_keys(issuers: Issuers) -> None:
    token = github(issuers, environment="production").token(60)
    assert token.platform == "github"
    assert token.workload.identity.issuer == GITHUB
    assert token.workload.identity.subject == (
        "https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main"
    )
    assert token.workload.source_digest == SHA
    assert token.workload.environment == "production"
    assert 200 < (token.expires - Clock().now()).total_seconds() <= 300
    assert sorted(paths(issuers)) == sorted([DISCOVERY, JWKS, RUNTIME])
    (asked,) = [request for request in issuers.requests if request.path == RUNTIME]
    assert asked.query == {"api-version": "2.0", "audience": "sigstore"}
    assert asked.headers["authorization"].startswith("Bearer ")
    assert all("authorization" not in request.headers for request in issuers.requests if request.path != RUNTIME)


def test_gitlab_gives_the_token_of_the_job(issuers: Issuers) -> None:
    tokens = gitlab(issuers, ref="v1.2.3", ref_type="tag")
    token = tokens.token(60)
    assert token.platform == "gitlab"
    assert token.workload.identity.subject == "https://gitlab.com/acme/d2-apps//.gitlab-ci.yml@refs/tags/v1.2.3"
    assert token.workload.source_ref == "refs/tags/v1.2.3"
    assert tokens.token(60) is token
    assert paths(issuers) == [DISCOVERY, GITLAB_JWKS]


def test_a_second_token_is_asked_for_only_when_the_first_ends_too_soon(issuers: Issuers) -> None:
    tokens = github(issuers)
    first = tokens.token(60)
    assert tokens.token(250) is first
    tokens._last = replace(first, expires=Clock().now() + timedelta(seconds=100))
    assert tokens.token(90) is tokens._last
    second = tokens.token(110)
    assert second is not first
    assert second.workload == first.workload
    assert paths(issuers).count(RUNTIME) == 2
    assert paths(issuers).count(DISCOVERY) == 1


def test_a_fresh_token_that_is_too_short_is_no_token(issuers: Issuers) -> None:
    text = refusal(github(issuers), RemoteError, seconds=400)
    assert "400 s are needed" in text
    assert "five minutes" in text


def test_gitlabs_token_cannot_be_renewed(issuers: Issuers) -> None:
    tokens = gitlab(issuers)
    assert tokens.token(3000)
    assert "GitLab fixes the token when the job starts" in refusal(tokens, RemoteError, seconds=4000)
    tokens._clock.off = 3590  # type: ignore[attr-defined]
    assert "ends in" in refusal(tokens, RemoteError, seconds=60)


def test_the_keys_are_fetched_before_they_are_needed(issuers: Issuers) -> None:
    tokens = github(issuers)
    tokens.prepare()
    tokens.prepare()
    assert tokens._check.keys.find(issuers.github.kid) is not None
    assert paths(issuers) == [DISCOVERY, JWKS]
    tokens.token(60)
    assert paths(issuers) == [DISCOVERY, JWKS, RUNTIME]


def test_an_issuer_that_has_just_changed_its_keys_is_asked_again(issuers: Issuers) -> None:
    tokens = github(issuers)
    tokens.token(60)
    issuers.github.rotate()
    assert issuers.github.key
    tokens._last = None
    assert tokens.token(60)
    assert paths(issuers).count(JWKS) == 2


def test_a_job_that_becomes_another_is_stopped(issuers: Issuers) -> None:
    tokens = github(issuers)
    tokens._last = replace(tokens.token(60), expires=Clock().now())
    bearer = issuers.github_job(environment="production", run_attempt="2")["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    tokens._authorization = type(tokens._authorization)(f"Bearer {bearer}")
    text = refusal(tokens)
    assert "identity changed while it ran" in text
    assert "invocation" in text


HOSTILE = {
    "no signature": Forgery(algorithm="none"),
    "the public key as a shared secret": Forgery(algorithm="HS256"),
    "an unknown key's name": Forgery(kid="unheard-of"),
    "no key's name": Forgery(kid=""),
    "a stranger's key under a known name": Forgery(foreign=True),
    "changed after signing": Forgery(tampered=True),
    "another algorithm of the same key": Forgery(header={"alg": "RS512"}),
    "an algorithm of another kind of key": Forgery(header={"alg": "ES256"}),
    "a key in the header": Forgery(kid="x", header={"jku": "https://evil.example/keys", "jwk": {"kty": "RSA"}}),
    "critical extensions": Forgery(header={"crit": ["exp"]}),
    "a detached payload": Forgery(header={"b64": False}),
    "a name that is no text": Forgery(header={"kid": 7}),
}


@pytest.mark.parametrize("forgery", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("platform", [github, gitlab])
def test_forged_tokens_are_refused(issuers: Issuers, forgery: Forgery, platform: Any) -> None:
    text = refusal(platform(issuers, forgery))
    assert text.startswith("The job's identity token does not verify.")


@pytest.mark.parametrize("platform", [github, gitlab])
def test_a_token_of_another_issuer_is_refused(issuers: Issuers, platform: Any) -> None:
    # signed with the expected issuer's key: only the claim is another's
    server = {"server": "https://gitlab.com"} if platform is gitlab else {}
    forged = platform(issuers, iss="https://evil.example", **server)
    assert "Its issuer is another one." in refusal(forged)


def test_a_token_of_a_true_but_other_issuer_is_refused(issuers: Issuers) -> None:
    tokens = gitlab(issuers, iss="https://git.acme.example")
    assert tokens.issuer == "https://git.acme.example"
    assert tokens.token(60).workload.source_uri == "https://git.acme.example/acme/d2-apps"
    crossed = gitlab(issuers, iss="https://git.acme.example", server="https://gitlab.com")
    assert crossed.issuer == "https://gitlab.com"
    assert "not signed with a key that https://gitlab.com publishes" in refusal(crossed)


@pytest.mark.parametrize("audience", ["other", "", "sigstore.evil.example", None])
def test_a_token_for_someone_else_is_refused(issuers: Issuers, audience: str | None) -> None:
    text = refusal(gitlab(issuers, aud=audience))
    assert text.startswith("The job's identity token is not for Sigstore.")
    assert "aud: sigstore" in text
    assert "id_tokens" not in refusal(github(issuers, aud="other"))


def test_a_token_may_be_for_several(issuers: Issuers) -> None:
    claims = {**github_claims(), "aud": ["other", "sigstore"]}
    tokens = github(issuers)
    issuers.answer_next(RUNTIME, Answer.of({"value": issuers.github.token(claims)}))
    assert tokens.token(60)


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (-600, "begins 600 s in the future: this machine's clock is slow"),
        (600, "ended 300 s ago: this machine's clock is fast"),
    ],
)
def test_a_clock_ten_minutes_off_is_said_to_be(issuers: Issuers, off: float, words: str) -> None:
    tokens = github(issuers, off=off, iat=int(time.time()))
    head, _, rest = words.partition(" s ")
    text = refusal(tokens, RemoteError)
    # the second may have turned over
    assert abs(int(text.split(" s ")[0].rsplit(" ", 1)[1]) - int(head.rsplit(" ", 1)[1])) <= 2
    assert rest in text
    assert "Set this machine's clock" in text


def test_a_gitlab_token_that_ended_is_not_blamed_on_the_clock(issuers: Issuers) -> None:
    text = refusal(gitlab(issuers, iat=int(time.time()) - 7200), RemoteError)
    assert text.startswith("The job's identity token ended 3600 s ago.") or "ended 3601 s ago." in text
    assert "Run the job again" in text


def test_a_little_haste_is_forgiven(issuers: Issuers) -> None:
    assert github(issuers, off=-25).token(60)


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["soon", -1, 1e300, True, None, [1]])
def test_times_that_are_none_are_refused(issuers: Issuers, name: str, value: Any) -> None:
    claims = {**github_claims(), name: value}
    tokens = github(issuers)
    issuers.answer_next(RUNTIME, Answer.of({"value": issuers.github.token(claims)}))
    assert f"Its claim {name} is not a time." in refusal(tokens)


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_a_token_has_a_beginning_and_an_end(issuers: Issuers, name: str) -> None:
    claims = {key: value for key, value in gitlab_claims().items() if key != name}
    assert f"Its claim {name} is not a time." in refusal(given(issuers, issuers.gitlab.token(claims)))


def test_a_later_beginning_counts(issuers: Issuers) -> None:
    text = refusal(gitlab(issuers, nbf=int(time.time()) + 900), RemoteError)
    assert "in the future" in text


def test_repeated_claims_are_refused(issuers: Issuers) -> None:
    raw = _signed_text(issuers, '{"iss":"https://gitlab.com","iss":"https://gitlab.com"}')
    assert "unique names" in refusal(given(issuers, raw))
    assert "unique names" in refusal(given(issuers, _signed_text(issuers, "[1]")))
    assert "unique names" in refusal(given(issuers, _signed_text(issuers, "[" * 5000)))


def _signed_text(issuers: Issuers, payload: str) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    def encode(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    head = encode(json.dumps({"alg": "RS256", "kid": issuers.gitlab.kid}).encode())
    signed = f"{head}.{encode(payload.encode())}"
    return f"{signed}.{encode(issuers.gitlab.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@pytest.mark.parametrize(
    "raw",
    ["x", "a.b", "a.b.c.d.e", "..", "é.b.c", "eyJ.eyJ.eyJ", "A" * 20_000, "eyJhbGciOiJub25lIn0.e30.", " ", "a.b.c"],
)
def test_what_is_no_token_is_refused(issuers: Issuers, raw: str) -> None:
    text = refusal(given(issuers, raw))
    assert text.startswith("The job's identity token does not verify.")


def test_a_huge_token_is_refused_before_it_is_read(issuers: Issuers) -> None:
    raw = issuers.gitlab_token(user_email="x" * 20_000)
    assert "not a signed JSON Web Token" in refusal(given(issuers, raw))
    assert paths(issuers) == []


def test_a_missing_claim_is_said_by_name(issuers: Issuers) -> None:
    assert "lacks the claim ci_config_sha" in refusal(gitlab(issuers, ci_config_sha=None))


@pytest.mark.parametrize(
    "answer",
    [
        Answer.of({}),
        Answer.of({"value": None}),
        Answer.of({"value": 7}),
    ],
)
def test_an_answer_without_a_token_is_a_failure(issuers: Issuers, answer: Answer) -> None:
    tokens = github(issuers)
    issuers.answer_next(RUNTIME, answer)
    assert "holds no token" in refusal(tokens, RemoteError)


def test_githubs_refusal_is_shown_without_the_bearer(issuers: Issuers) -> None:
    env = issuers.client_environment() | issuers.github_job()
    bearer = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    tokens = detect_tokens(env, Clock())
    assert tokens is not None
    issuers.answer_next(RUNTIME, Answer(403, f"no, {bearer} may not".encode()))
    with pytest.raises(RemoteError) as caught:
        tokens.token(60)
    assert caught.value.why.endswith("answered 403: no, *** may not")
    assert bearer not in str(caught.value)
    assert "api-version" not in str(caught.value)


def test_there_is_no_source_outside_of_ci_and_none_without_permission(issuers: Issuers) -> None:
    assert detect_tokens({}, Clock()) is None
    with pytest.raises(UsageError, match="no permission"):
        detect_tokens({"GITHUB_ACTIONS": "true"}, Clock())
    with pytest.raises(UsageError, match="has no identity token"):
        detect_tokens({"GITLAB_CI": "true"}, Clock())


def test_an_audience_of_ones_own_is_asked_for(issuers: Issuers) -> None:
    env = issuers.client_environment() | issuers.github_job()
    tokens = detect_tokens(env, Clock(), audience="https://fulcio.acme.example/a&b")
    assert tokens is not None
    assert tokens.token(60)
    (asked,) = [request for request in issuers.requests if request.path == RUNTIME]
    assert asked.query["audience"] == "https://fulcio.acme.example/a&b"


def test_a_runtime_address_without_a_query_gets_one(issuers: Issuers) -> None:
    env = issuers.client_environment() | issuers.github_job()
    url = env["ACTIONS_ID_TOKEN_REQUEST_URL"].partition("?")[0]
    tokens = detect_tokens({**env, "ACTIONS_ID_TOKEN_REQUEST_URL": url}, Clock())
    assert tokens is not None
    refusal(tokens, RemoteError)  # the fake wants GitHub's query; ours is all it got
    (asked,) = [request for request in issuers.requests if request.path == RUNTIME]
    assert asked.query == {"audience": "sigstore"}


def test_the_bearer_goes_to_no_plain_address(issuers: Issuers) -> None:
    env = issuers.client_environment() | issuers.github_job()
    tokens = detect_tokens({**env, "ACTIONS_ID_TOKEN_REQUEST_URL": "http://git.example/token?x=secret"}, Clock())
    assert tokens is not None
    text = refusal(tokens, UsageError)
    assert "must be https" in text
    assert "secret" not in text


def test_a_token_is_found_in_the_variable_named_after_the_audience(issuers: Issuers) -> None:
    job = issuers.gitlab_job(aud="https://fulcio.acme.example")
    env = issuers.client_environment() | job
    raw = env.pop("SIGSTORE_ID_TOKEN")
    tokens = detect_tokens(
        {**env, "HTTPS___FULCIO_ACME_EXAMPLE_ID_TOKEN": raw}, Clock(), audience="https://fulcio.acme.example"
    )
    assert tokens is not None
    token = tokens.token(60)
    assert isinstance(token, IdentityToken)
    assert token.raw.reveal() == raw
    assert raw not in repr(token)
    assert token.expires - Clock().now() > timedelta(minutes=50)
