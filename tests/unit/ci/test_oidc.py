"""The job's token: what is accepted, what is refused and with which words, and how often the platform is asked."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.sigstore.claims import GITHUB, SHA, github_claims
from tests.fakes.sigstore.issuers import DISCOVERY, GITLAB_JWKS, JWKS_PATHS, RUNTIME, Forgery, Issuers
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


def github(issuers: Issuers, forgery: Forgery = Forgery(), off: float = 0.0, **claims: Any) -> GitHubTokens:
    tokens = detect_tokens(issuers.client_environment() | issuers.github_job(forgery, **claims), Clock(off))
    assert isinstance(tokens, GitHubTokens)
    return tokens


def gitlab(
    issuers: Issuers, forgery: Forgery = Forgery(), off: float = 0.0, server: str | None = None, **claims: Any
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
    assert 200 < (token.expires - datetime.now(timezone.utc)).total_seconds() <= 300
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
