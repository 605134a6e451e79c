"""From a token's claims to the job: Fulcio's templates, missing claims, and claims that lie in wait."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.sigstore.claims import github_claims, gitlab_claims
from tests.fakes.sigstore.identities import Identity as CertificateIdentity

from gitless.errors import CheckError
from gitless.identity.claims import MAX_CLAIM, workload_of
from gitless.model.workload import EXTENSIONS, Workload

GITHUB = "https://github.com"
GITLAB = "https://gitlab.com"
NEEDED = {
    "github": [
        "event_name", "iss", "job_workflow_ref", "job_workflow_sha", "ref", "repository", "repository_id",
        "repository_owner", "repository_owner_id", "repository_visibility", "run_attempt", "run_id",
        "runner_environment", "sha", "sub", "workflow", "workflow_ref", "workflow_sha",
    ],
    "gitlab": [
        "ci_config_ref_uri", "ci_config_sha", "iss", "job_id", "namespace_id", "namespace_path", "pipeline_source",
        "project_id", "project_path", "project_visibility", "ref", "ref_type", "runner_environment", "sha", "sub",
    ],
}  # fmt: skip


def of(platform: str, claims: dict[str, Any]) -> Workload:
    assert platform in ("github", "gitlab")
    return workload_of(
        "github" if platform == "github" else "gitlab", claims, GITHUB if platform == "github" else GITLAB
    )


def claims_of(platform: str, **given: Any) -> dict[str, Any]:
    return dict(github_claims(**given) if platform == "github" else gitlab_claims(**given))


def in_certificate(workload: Workload) -> dict[int, str]:
    return {arc: value for name, arc in EXTENSIONS.items() if (value := getattr(workload, name))}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"environment": "production"},
        {"ref": "refs/tags/v1.2.3", "ref_type": "tag"},
        {"event_name": "pull_request", "ref": "refs/pull/7/merge", "ref_type": "branch"},
        {"job_workflow_ref": "acme/ci/.github/workflows/push.yaml@refs/tags/v3", "job_workflow_sha": "2e" * 20},
        {"repository_visibility": "internal", "runner_environment": "self-hosted"},
    ],
)
def test_githubs_claims_become_what_fulcio_writes(given: dict[str, Any]) -> None:
    claims = github_claims(**given)
    written = CertificateIdentity.from_github(claims)
    workload = of("github", dict(claims))
    assert workload.identity.subject == written.subject
    assert workload.identity.issuer == written.values[8]
    assert in_certificate(workload) == {number: value for number, value in written.values.items() if number > 8}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"environment": "production/eu west"},
        {"ref": "v1.2.3", "ref_type": "tag"},
        {"project_path": "acme/platform/d2-apps", "config": "ci/publish.yml"},
        {"pipeline_source": "merge_request_event", "ref": "topic"},
    ],
)
def test_gitlabs_claims_become_what_fulcio_writes(given: dict[str, Any]) -> None:
    claims = gitlab_claims(**given)
    written = CertificateIdentity.from_gitlab(claims)
    workload = of("gitlab", dict(claims))
    assert workload.identity.subject == written.subject
    assert in_certificate(workload) == {number: value for number, value in written.values.items() if number > 8}


def test_addresses_are_those_of_the_configured_server() -> None:
    own = "https://git.acme.example/gitlab"
    claims = claims_of(
        "gitlab", ci_config_ref_uri="git.acme.example/gitlab/acme/d2-apps//.gitlab-ci.yml@refs/heads/main"
    )
    workload = workload_of("gitlab", claims, own)
    assert workload.identity.subject == "https://git.acme.example/gitlab/acme/d2-apps//.gitlab-ci.yml@refs/heads/main"
    assert workload.source_uri == f"{own}/acme/d2-apps"
    assert workload.owner_uri == f"{own}/acme"
    assert workload.invocation.startswith(f"{own}/acme/d2-apps/-/jobs/")
    github = workload_of("github", claims_of("github"), "https://git.acme.example")
    assert github.config_uri.startswith("https://git.acme.example/acme/d2-apps/.github/workflows/")


def test_a_branch_is_written_as_a_certificate_spells_it() -> None:
    workload = of("github", claims_of("github", ref="refs/heads/für/#1"))
    assert workload.identity.subject.endswith("@refs/heads/f%C3%BCr/#1")
    assert workload.signer_uri.endswith("@refs/heads/für/#1")
    assert workload.source_ref == "refs/heads/für/#1"


@pytest.mark.parametrize(("platform", "name"), [(platform, name) for platform in NEEDED for name in NEEDED[platform]])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_claim_is_refused_by_its_name(platform: str, name: str, value: Any) -> None:
    claims = claims_of(platform)
    del claims[name]
    if value is not None:
        claims[name] = value
    with pytest.raises(CheckError) as caught:
        of(platform, claims)
    assert caught.value.what == f"The job's token lacks the claim {name}."


@pytest.mark.parametrize("name", ["ci_config_ref_uri", "ci_config_sha"])
def test_a_pipeline_outside_of_its_project_is_told_what_to_do(name: str) -> None:
    with pytest.raises(CheckError) as caught:
        of("gitlab", claims_of("gitlab", **{name: None}))
    assert "child pipelines" in caught.value.hint
    assert "parent pipeline" in caught.value.hint


@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_only_an_environment_may_be_missing(platform: str) -> None:
    assert of(platform, claims_of(platform)).environment == ""
    read = {name for name in claims_of(platform) if _is_read(platform, name)}
    assert read == set(NEEDED[platform])


def _is_read(platform: str, name: str) -> bool:
    try:
        of(platform, {**claims_of(platform), name: 7})
    except CheckError:
        return True
    return False


@pytest.mark.parametrize(
    "value",
    [
        7,
        7.0,
        True,
        ["x"],
        {"x": "y"},
        "a\nb",
        "a\r",
        "a\x00",
        "a\x1b[2J",
        "a\u2028b",
        "a\u202eb",
        "a b",
        "x" * (MAX_CLAIM + 1),
    ],
)
@pytest.mark.parametrize(
    ("platform", "name"), [("github", "job_workflow_ref"), ("gitlab", "ref"), ("github", "run_id")]
)
def test_hostile_claims_are_refused_without_showing_them(platform: str, name: str, value: Any) -> None:
    with pytest.raises(CheckError) as caught:
        of(platform, {**claims_of(platform), name: value})
    assert caught.value.what == f"The job's token has a claim {name} that is not accepted."
    assert str(value) not in caught.value.why


def test_a_line_break_is_refused_in_a_spaced_claim_too() -> None:
    with pytest.raises(CheckError, match="environment"):
        of("github", claims_of("github", environment="prod\n::set-output"))


def test_an_address_that_fulcio_cannot_read_is_refused() -> None:
    with pytest.raises(CheckError, match="no certificate for this job"):
        of("github", claims_of("github", ref="refs/heads/100%"))


values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.lists(st.text(max_size=3)))


@settings(deadline=None)
@given(st.sampled_from(["github", "gitlab"]), st.data())
def test_whatever_the_claims_are_the_job_is_plain_text_or_refused(platform: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from([*NEEDED[platform], "environment"]), min_size=1, max_size=3))
    claims = {**claims_of(platform), **{name: data.draw(values) for name in names}}
    try:
        workload = of(platform, claims)
    except CheckError:
        return
    for field in fields(workload):
        text = str(getattr(workload, field.name))
        assert text.isprintable()
    assert " " not in workload.identity.subject
    assert workload.identity.subject.isascii()
