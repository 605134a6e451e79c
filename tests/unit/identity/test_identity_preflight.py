"""What stops a job before any work, and the lines it is told to paste."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from tests.fakes.sigstore.claims import github_claims, gitlab_claims

from gitless.config.parse import parse_config
from gitless.errors import UsageError
from gitless.identity import preflight
from gitless.identity.claims import workload_of
from gitless.identity.preflight import Job
from gitless.identity.suggestion import configuration_lines
from gitless.model.identity import IdentityPattern
from gitless.model.workload import Workload

GITHUB_JOB = Job("github", "https://github.com", "push", is_fork=False, has_token=True)
GITLAB_JOB = Job("gitlab", "https://gitlab.com", "push", is_fork=False, has_token=True)
ISSUER = "https://token.actions.githubusercontent.com"


def github(**given: Any) -> Workload:
    return workload_of("github", dict(github_claims(**given)), "https://github.com")


def gitlab(server: str = "https://gitlab.com", **given: Any) -> Workload:
    return workload_of("gitlab", dict(gitlab_claims(iss=server, **given)), server)


def trusted(role: str = "publish", **entry: Any) -> IdentityPattern:
    config = parse_config(yaml.safe_dump({"version": 1, "identities": {role: entry}}).encode())
    identity = getattr(config.identities, role)
    pattern = identity.to_pattern()
    assert pattern is not None
    return pattern


PUBLISH = trusted(github={"repository": "acme/d2-apps", "workflow": "push-artifact.yaml", "ref": "refs/heads/main"})


@pytest.mark.parametrize("job", [GITHUB_JOB, GITLAB_JOB])
def test_a_job_with_a_token_may_go_on(job: Job) -> None:
    preflight.check_job(job)


def test_a_github_job_without_permission_is_told_the_lines() -> None:
    with pytest.raises(UsageError, match="no permission to ask") as caught:
        preflight.check_job(replace(GITHUB_JOB, has_token=False))
    lines = caught.value.hint.partition("\n")[2]
    assert yaml.safe_load(lines)["permissions"]["id-token"] == "write"
    assert "ACTIONS_ID_TOKEN_REQUEST_URL" in caught.value.why


def test_a_gitlab_job_without_token_is_told_the_lines() -> None:
    with pytest.raises(UsageError, match="has no identity token") as caught:
        preflight.check_job(replace(GITLAB_JOB, has_token=False, variable="OWN_ID_TOKEN", audience="own"))
    assert yaml.safe_load(caught.value.hint.partition("\n")[2]) == {"id_tokens": {"OWN_ID_TOKEN": {"aud": "own"}}}
    assert "OWN_ID_TOKEN" in caught.value.why


@pytest.mark.parametrize(("job", "word"), [(GITHUB_JOB, "pull"), (GITLAB_JOB, "merge")])
@pytest.mark.parametrize("has_token", [True, False])
def test_a_change_from_a_fork_is_not_signed_for(job: Job, word: str, has_token: bool) -> None:
    with pytest.raises(UsageError, match=f"A {word} request from a fork cannot be signed for"):
        preflight.check_job(replace(job, is_fork=True, has_token=has_token))


def test_the_platform_must_be_the_configured_one() -> None:
    preflight.check_platform("github", "github")
    with pytest.raises(UsageError, match=r"identities\.promote") as caught:
        preflight.check_platform("gitlab", "github", "promote")
    assert caught.value.why == "It runs on GitLab, and gitless.yaml trusts GitHub."
    with pytest.raises(UsageError) as caught:
        preflight.check_platform("github", "key")
    assert "trusts a key" in caught.value.why


@pytest.mark.parametrize(
    ("issuer", "is_known"),
    [
        (ISSUER, True),
        (f"{ISSUER}/acme", True),
        (f"{ISSUER}/", False),
        (f"{ISSUER}/acme/x", False),
        (f"{ISSUER}.evil.example", False),
        ("https://gitlab.com", True),
        ("https://gitlab.com/", False),
        ("https://gitlab.archlinux.org", False),
        ("https://git.acme.example", False),
        ("https://git.acme.example/_services/token", False),
        ("https://token.actions.acme.ghe.com", False),
    ],
)
def test_the_public_instance_knows_some_issuers_only(issuer: str, is_known: bool) -> None:
    preflight.check_instance(issuer, is_public=False)
    if is_known:
        preflight.check_instance(issuer, is_public=True)
        return
    with pytest.raises(UsageError, match="makes no usable certificates for") as caught:
        preflight.check_instance(issuer, is_public=True)
    assert parse_config(_settings(caught.value.hint)).signing is not None


def _settings(hint: str) -> bytes:
    lines = [line for line in hint.splitlines() if line.startswith(("signing:", "  sigstore:"))]
    return ("version: 1\n" + "\n".join(lines)).encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"rekorTlogUrls":[{"url":"https://rekor.sigstore.dev"}]}', True),
        (b'{"caUrls":[{"url":"https://fulcio.sigstore.dev/x"}]}', True),
        (b'{"url":"https://rekor.acme.example"}', False),
        (b'{"url":"https://sigstore.dev.acme.example"}', False),
        (b'{"url":"https://rekor.sigstore.development.example"}', False),
        (b"", False),
    ],
)
def test_the_public_instance_is_known_under_any_file_name(content: bytes, expected: bool) -> None:
    assert preflight.names_public_instance(content) is expected


@pytest.mark.parametrize("visibility", ["private", "internal", "unheard-of"])
def test_a_private_name_goes_to_the_public_log_only_when_that_is_allowed(visibility: str) -> None:
    workload = github(repository_visibility=visibility)
    with pytest.raises(UsageError, match=f"This repository is {visibility}") as caught:
        preflight.check_public_log(workload, is_public=True, is_allowed=False)
    assert "allow-public-log: true" in caught.value.hint
    preflight.check_public_log(workload, is_public=True, is_allowed=True)
    preflight.check_public_log(workload, is_public=False, is_allowed=False)
    preflight.check_public_log(github(), is_public=True, is_allowed=False)


def test_the_trusted_job_may_sign() -> None:
    preflight.check_signer(github(), PUBLISH, "github")
    preflight.check_signer(github(), replace(PUBLISH, source=""), "github")


def test_another_ref_is_said_to_be_the_only_difference() -> None:
    with pytest.raises(UsageError, match=r"not the identity that identities\.publish trusts") as caught:
        preflight.check_signer(github(ref="refs/heads/topic"), PUBLISH, "github")
    assert "@refs/heads/topic (issuer" in caught.value.why
    assert str(PUBLISH) in caught.value.why
    assert caught.value.hint.startswith("Only the ref differs: run it on refs/heads/main.")


@pytest.mark.parametrize(
    "given",
    [
        {"path": ".github/workflows/other.yaml"},
        {"repository": "evil/d2-apps"},
        {"iss": f"{ISSUER}/acme"},
        {"event_name": "pull_request", "ref": "refs/pull/7/merge"},
    ],
)
def test_the_hint_holds_the_lines_that_would_trust_this_job(given: dict[str, Any]) -> None:
    workload = github(**given)
    with pytest.raises(UsageError) as caught:
        preflight.check_signer(workload, PUBLISH, "github")
    assert str(workload.identity) in caught.value.why
    lines = caught.value.hint.partition("\n")[2]
    preflight.check_signer(workload, trusted(**yaml.safe_load(lines)["identities"]["publish"]), "github")


def test_another_caller_of_the_trusted_reusable_workflow_is_refused() -> None:
    entry = {"repository": "acme/d2-apps", "workflow": "acme/ci/.github/workflows/x.yaml", "ref": "refs/tags/v1"}
    called = {"job_workflow_ref": "acme/ci/.github/workflows/x.yaml@refs/tags/v1"}
    preflight.check_signer(github(**called), trusted(github=entry), "github")
    with pytest.raises(UsageError) as caught:
        preflight.check_signer(github(repository="acme/other", **called), trusted(github=entry), "github")
    assert "for the repository https://github.com/acme/other, and trusted is https://github.com/acme/d2-apps" in (
        caught.value.why
    )
    assert "Only the ref differs" not in caught.value.hint


@pytest.mark.parametrize(
    ("workload", "platform"),
    [
        (github(), "github"),
        (github(ref="refs/heads/für"), "github"),
        (github(job_workflow_ref="acme/ci/.github/workflows/x.yaml@refs/tags/v1"), "github"),
        (github(iss=f"{ISSUER}/acme"), "github"),
        (
            workload_of("github", dict(github_claims(iss="https://g.example/_services/token")), "https://g.example"),
            "github",
        ),
        (
            workload_of("github", dict(github_claims(iss="https://token.actions.a.ghe.com")), "https://a.ghe.com"),
            "github",
        ),
        (gitlab(), "gitlab"),
        (gitlab(project_path="acme/deep/er/apps", config="ci/x.yml", ref="v1", ref_type="tag"), "gitlab"),
        (gitlab("https://git.acme.example"), "gitlab"),
        (gitlab("https://git.acme.example/below"), "gitlab"),
    ],
)
def test_suggested_lines_trust_exactly_that_job(workload: Workload, platform: Any) -> None:
    lines = configuration_lines(workload, platform, "promote")
    pattern = trusted("promote", **yaml.safe_load(lines)["identities"]["promote"])
    preflight.check_signer(workload, pattern, platform, "promote")
    assert pattern.is_exact
    usual = workload.identity.issuer in (ISSUER, "https://gitlab.com")
    assert ("server" in lines) != usual or workload.identity.issuer == f"{ISSUER}/acme"


def test_one_key_under_two_names_is_refused() -> None:
    preflight.check_distinct_keys("a", "b", is_shared_allowed=False)
    preflight.check_distinct_keys("a", "a", is_shared_allowed=True)
    with pytest.raises(UsageError, match="are the same key") as caught:
        preflight.check_distinct_keys("a", "a", is_shared_allowed=False)
    assert "allow-shared-key: true" in caught.value.hint
