"""Who may sign what: the patterns that identities mean, and the ones that are refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitless.config.parse import parse_config
from gitless.config.trust import GitHubIdentity, GitLabIdentity
from gitless.errors import UsageError
from gitless.model.identity import Identity, IdentityPattern

GITHUB = {"repository": "acme/apps", "workflow": "push.yaml", "ref": "refs/heads/main"}
GITLAB = {"project": "acme/team/apps", "ref": "refs/tags/*"}
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


def identities(**entries: Any) -> Any:
    document = {"version": 1, "identities": entries}
    return parse_config(yaml.safe_dump(document).encode()).identities


def fault(**entries: Any) -> str:
    with pytest.raises(UsageError) as caught:
        identities(**entries)
    return caught.value.why


def test_a_workflow_on_github_com() -> None:
    assert GitHubIdentity(**GITHUB).to_pattern() == IdentityPattern(
        GITHUB_ISSUER,
        "https://github.com/acme/apps/.github/workflows/push.yaml@refs/heads/main",
        "https://github.com/acme/apps",
    )


@pytest.mark.parametrize(
    "workflow", ["push.yaml", ".github/workflows/push.yaml", "acme/apps/.github/workflows/push.yaml"]
)
def test_a_workflow_is_named_by_file_or_path(workflow: str) -> None:
    assert GitHubIdentity(**{**GITHUB, "workflow": workflow}).to_pattern() == GitHubIdentity(**GITHUB).to_pattern()


def test_a_reusable_workflow_is_the_subject_and_its_caller_the_source() -> None:
    pattern = GitHubIdentity(**{**GITHUB, "workflow": "acme/ci/.github/workflows/push.yml"}).to_pattern()
    assert pattern.subject == "https://github.com/acme/ci/.github/workflows/push.yml@refs/heads/main"
    assert pattern.source == "https://github.com/acme/apps"


@pytest.mark.parametrize(
    ("server", "issuer"),
    [
        ("https://github.com", GITHUB_ISSUER),
        ("https://acme.ghe.com", "https://token.actions.acme.ghe.com"),
        ("https://git.acme.example", "https://git.acme.example/_services/token"),
        ("https://git.acme.example:8443", "https://git.acme.example:8443/_services/token"),
    ],
)
def test_each_github_server_has_its_issuer(server: str, issuer: str) -> None:
    pattern = GitHubIdentity(**GITHUB, server=server).to_pattern()
    assert (pattern.issuer, pattern.source) == (issuer, f"{server}/acme/apps")
    assert pattern.subject.startswith(f"{server}/acme/apps/.github/")


def test_an_issuer_of_ones_own_wins() -> None:
    own = f"{GITHUB_ISSUER}/acme"
    assert GitHubIdentity(**GITHUB, issuer=own).to_pattern().issuer == own
    assert (
        GitLabIdentity(**GITLAB, issuer="https://oidc.acme.example/").to_pattern().issuer
        == "https://oidc.acme.example/"
    )


def test_a_pipeline_on_gitlab_com() -> None:
    assert GitLabIdentity(**GITLAB).to_pattern() == IdentityPattern(
        "https://gitlab.com",
        "https://gitlab.com/acme/team/apps//.gitlab-ci.yml@refs/tags/*",
        "https://gitlab.com/acme/team/apps",
    )


def test_a_pipeline_on_a_server_of_ones_own() -> None:
    pattern = GitLabIdentity(**GITLAB, config="ci/main.yml", server="https://git.acme.example/gitlab").to_pattern()
    assert pattern.issuer == "https://git.acme.example/gitlab"
    assert pattern.subject == "https://git.acme.example/gitlab/acme/team/apps//ci/main.yml@refs/tags/*"


def test_a_server_on_loopback_is_https_in_gitlabs_subject() -> None:
    # Fulcio puts https:// before GitLab's own name for the file, whatever the server speaks
    pattern = GitLabIdentity(**GITLAB, server="http://localhost:8080").to_pattern()
    assert pattern.subject == "https://localhost:8080/acme/team/apps//.gitlab-ci.yml@refs/tags/*"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("repository", "acme", "must be OWNER/REPOSITORY"),
        ("repository", "acme/*", "must be OWNER/REPOSITORY"),
        ("repository", "acme/apps/x", "must be OWNER/REPOSITORY"),
        ("repository", "acme/apps@x", "must be OWNER/REPOSITORY"),
        ("workflow", "*.yaml", "must be FILE.yaml"),
        ("workflow", "push", "must be FILE.yaml"),
        ("workflow", "push.yaml@refs/heads/main", "must be FILE.yaml"),
        ("workflow", "ci/push.yaml", "must be FILE.yaml"),
        ("workflow", "x.github/workflows/push.yaml", "must be"),
        ("workflow", "acme/*/.github/workflows/push.yaml", "must be OWNER/REPOSITORY"),
        ("workflow", ".github/workflows/a/push.yaml", "must be FILE.yaml"),
        ("workflow", "my push.yaml", "must be FILE.yaml"),
        ("ref", "main", "must begin with refs/"),
        ("ref", "refs/heads/", "must begin with refs/"),
        ("ref", "refs/heads/a..b", "must begin with refs/"),
        ("ref", "refs/heads/für", "percent-encoded"),
        ("ref", "refs/heads/a b", "percent-encoded"),
        ("ref", "refs/heads/[ab]", "percent-encoded"),
        ("server", "http://git.acme.example", "must be https"),
        ("server", "https://git.acme.example/", "must not end with '/'"),
        ("server", "https://user@git.acme.example", "without user name"),
        ("server", "git.acme.example", "must be an address"),
        ("server", "https://*.acme.example", "must be an address"),
        ("issuer", "https://issuer.example?x=1", "without user name, query"),
        ("issuer", "http://issuer.example", "must be https"),
    ],
)
def test_github_identities_that_are_refused(key: str, value: str, message: str) -> None:
    reason = fault(publish={"github": {**GITHUB, key: value}})
    assert reason.startswith(f"identities.publish.github.{key}: ")
    assert message in reason


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("project", "apps", "must be GROUP/PROJECT"),
        ("project", "acme/*", "must be GROUP/PROJECT"),
        ("project", "acme//apps", "must be GROUP/PROJECT"),
        ("config", "*.yml", "path of a CI configuration"),
        ("config", "a.yml@acme/other", "path of a CI configuration"),
        ("config", ".gitlab-ci", "path of a CI configuration"),
        ("config", "../x.yml", "stays inside"),
        ("ref", "*", "must begin with refs/"),
        ("server", "https://gitlab.com/", "must not end"),
    ],
)
def test_gitlab_identities_that_are_refused(key: str, value: str, message: str) -> None:
    reason = fault(publish={"gitlab": {**GITLAB, key: value}})
    assert reason.startswith(f"identities.publish.gitlab.{key}: ")
    assert message in reason


@pytest.mark.parametrize(
    ("publish", "promote"),
    [
        ({"github": GITHUB}, {"github": GITHUB}),
        ({"github": GITHUB}, {"github": {**GITHUB, "ref": "refs/heads/*"}}),
        ({"github": {**GITHUB, "ref": "refs/*"}}, {"github": {**GITHUB, "ref": "refs/tags/*"}}),
        ({"github": GITHUB}, {"github": {**GITHUB, "workflow": ".github/workflows/push.yaml"}}),
        # Flux sees the called workflow alone, so another caller of it is no other identity
        (
            {"github": {**GITHUB, "workflow": "acme/ci/.github/workflows/x.yaml"}},
            {"github": {"repository": "acme/other", "workflow": "acme/ci/.github/workflows/x.yaml", "ref": "refs/*"}},
        ),
        ({"gitlab": GITLAB}, {"gitlab": {**GITLAB, "ref": "refs/tags/v*"}}),
    ],
)
def test_publish_and_promote_must_not_overlap(publish: Any, promote: Any) -> None:
    assert "publish and promote must not overlap" in fault(publish=publish, promote=promote)
    assert "publish and promote must not overlap" in fault(publish=promote, promote=publish)


def test_overlapping_certificates_are_refused_also_where_a_key_may_be_shared() -> None:
    assert "must not overlap" in fault(
        publish={"github": GITHUB}, promote={"github": GITHUB}, **{"allow-shared-key": True}
    )


@pytest.mark.parametrize(
    ("publish", "promote"),
    [
        ({"github": GITHUB}, {"github": {**GITHUB, "ref": "refs/tags/*"}}),
        ({"github": GITHUB}, {"github": {**GITHUB, "workflow": "release.yaml"}}),
        ({"github": GITHUB}, {"github": {**GITHUB, "server": "https://acme.ghe.com"}}),
        ({"github": GITHUB}, {"key": "promote.pub"}),
        ({"github": GITHUB}, {"gitlab": GITLAB}),
        ({"key": "publish.pub"}, {"key": "promote.pub"}),
    ],
)
def test_identities_apart_are_fine(publish: Any, promote: Any) -> None:
    assert identities(publish=publish, promote=promote).publish is not None


def test_one_key_for_both_has_to_be_allowed() -> None:
    assert "allow-shared-key" in fault(publish={"key": "a.pub"}, promote={"key": "a.pub"})
    both = identities(publish={"key": "a.pub"}, promote={"key": "a.pub"}, **{"allow-shared-key": True})
    assert both.publish.to_pattern() is None
    assert both.publish.kind == "key"


def test_an_identity_says_which_kind_it_is() -> None:
    both = identities(publish={"github": GITHUB}, promote={"gitlab": GITLAB})
    assert (both.publish.kind, both.promote.kind) == ("github", "gitlab")
    assert both.promote.to_pattern() == GitLabIdentity(**GITLAB).to_pattern()


@pytest.mark.parametrize(
    ("method", "identity", "message"),
    [
        ("key", {"github": GITHUB}, "identities.publish is a workflow or pipeline, and signing.method is key"),
        ("keyless", {"key": "a.pub"}, "identities.publish is a key, and signing.method is keyless"),
    ],
)
def test_the_publisher_signs_in_the_way_that_is_configured(method: str, identity: Any, message: str) -> None:
    document = {"version": 1, "identities": {"publish": identity}, "signing": {"method": method}}
    with pytest.raises(UsageError) as caught:
        parse_config(yaml.safe_dump(document).encode())
    assert message in caught.value.why


@pytest.mark.parametrize(
    ("signing", "message"),
    [
        ({"method": "keyless", "timestamp": "https://tsa.example"}, "timestamp belongs to method: key"),
        ({"legacy": True, "rekor": 2}, "legacy signatures need rekor: 1"),
        ({"entries-per-second": 0}, "entries-per-second"),
    ],
)
def test_signing_that_contradicts_itself(signing: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_config(yaml.safe_dump({"version": 1, "signing": signing}).encode())
    assert message in str(caught.value)


def test_a_key_may_have_timestamps_and_legacy_signatures() -> None:
    signing = {
        "method": "key",
        "key": "awskms:alias/fleet",
        "timestamp": "https://tsa.example",
        "legacy": True,
        "rekor": 2,
    }
    assert parse_config(yaml.safe_dump({"version": 1, "signing": signing}).encode()).signing.legacy


@pytest.mark.parametrize("identity", [{"github": GITHUB}, {"key": "a.pub"}])
def test_where_nobody_signs_any_publisher_may_be_named(identity: Any) -> None:
    document = {"version": 1, "identities": {"publish": identity}, "signing": {"method": "none"}}
    assert parse_config(yaml.safe_dump(document).encode()).signing is not None


refs = st.text(st.sampled_from("abv1./-*"), min_size=1, max_size=8)


@settings(deadline=None)
@given(refs, refs)
def test_a_pattern_matches_its_own_refs_and_no_other_workflow(wanted: str, ref: str) -> None:
    assume(".." not in wanted and not wanted.endswith("/"))
    pattern = GitHubIdentity(**{**GITHUB, "ref": f"refs/heads/{wanted}"}).to_pattern()
    prefix = "https://github.com/acme/apps/.github/workflows/push.yaml@refs/heads/"
    expected = bool(re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), ref))
    assert pattern.matches(Identity(GITHUB_ISSUER, prefix + ref)) == expected
    for other in (prefix.replace("push", "evil"), prefix.replace("apps", "fork"), f"x{prefix}"):
        assert not pattern.matches(Identity(GITHUB_ISSUER, other + ref))
    assert not pattern.matches(Identity("https://gitlab.com", prefix + ref))
