"""From a step's inputs to a request: ours, and those of the D2 push action."""

from __future__ import annotations

import pytest

from gitless.ci.event import Event
from gitless.config.inputs import Inputs
from gitless.errors import UsageError
from gitless.wiring.action import guard, publish_request
from gitless.wiring.action_reads import verify_request
from gitless.wiring.request import PublishRequest


def inputs(**values: str) -> Inputs:
    return Inputs({f"GITLESS_INPUT_{name.upper()}": value for name, value in values.items()})


def test_nothing_given_asks_for_everything_of_the_configuration() -> None:
    assert publish_request(inputs()) == PublishRequest()


def test_every_input_arrives() -> None:
    given = inputs(
        components="a b", config="c.yaml", name="n", registry="r", channel="c", tags="x, y",
        ignore_paths="*.md\nci", annotations="k=v", signing_key="env://K", rewritten_history="moved", dry_run="true",
        provider="aws",
    )  # fmt: skip
    assert publish_request(given) == PublishRequest(
        names=("a", "b"), config="c.yaml", name="n", registry="r", channel="c", tags=("x", "y"),
        ignore=("*.md", "ci"), annotations={"k": "v"}, signing_key="env://K", rewritten_history="moved", dry_run=True,
    )  # fmt: skip


def test_the_d2_action_is_understood() -> None:
    found = publish_request(
        inputs(repository="ghcr.io/acme/d2-apps/backend", path="./components/backend", diff_tag="latest")
    )
    assert (found.repository, found.path, found.name) == (
        "ghcr.io/acme/d2-apps/backend",
        "./components/backend",
        "backend",
    )
    assert (found.channel, found.tags) == ("latest", ())


def test_d2s_path_is_the_working_directory_and_its_first_tag_the_channel() -> None:
    found = publish_request(inputs(repository="ghcr.io/acme/web", tags="main\nlatest"))
    assert (found.path, found.channel, found.tags) == (".", "main", ("latest",))
    # without a repository a tag stays a tag
    assert publish_request(inputs(tags="main\nmain")).tags == ("main",)


def test_the_channel_is_no_further_tag() -> None:
    assert publish_request(inputs(channel="c", tags="a c a")).tags == ("a",)
    assert publish_request(inputs(tags="latest")).tags == ()


@pytest.mark.parametrize("tag", ["latest-stable", "stable", "1.2.3", "v1.2.3", "1.2.3-rc.1"])
def test_a_release_workflow_is_told_to_promote(tag: str) -> None:
    with pytest.raises(UsageError) as caught:
        publish_request(inputs(repository="ghcr.io/acme/web", diff_tag=tag))
    assert str(caught.value) == (
        f"The publish action does not move '{tag}', which 'diff-tag' names.\n"
        "Releases and stable channels are made by promotion, from an artifact that was published before.\n"
        "In this workflow use actions/promote of the same repository in place of this step:\n"
        "  uses: OWNER/gitless/actions/promote@v1\n"
        "  with:\n"
        "    components: NAME\n"
        "    to: stable"
    )


def test_a_release_among_the_tags_is_told_the_same() -> None:
    with pytest.raises(UsageError, match=r"does not move 'v1.2.3', which 'tags' names"):
        publish_request(inputs(repository="ghcr.io/acme/web", tags="latest v1.2.3"))


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"channel": "a", "diff_tag": "b"}, "The inputs 'channel' and 'diff-tag' contradict each other."),
        ({"repository": "ghcr.io/a/b", "registry": "ghcr.io/a"}, "The input 'repository' stands alone."),
        ({"repository": "ghcr.io/a/b", "components": "a"}, "The input 'repository' stands alone."),
        ({"repository": "ghcr.io/Acme/b"}, "Not a repository name: 'ghcr.io/Acme/b'"),
        ({"provider": "s3"}, "The input 'provider' is not valid."),
        ({"signing_key": "-----BEGIN PRIVATE KEY-----\nx"}, "The input 'signing-key' holds a key itself."),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, str], what: str) -> None:
    with pytest.raises(UsageError) as caught:
        publish_request(inputs(**given))
    assert caught.value.what == what


def test_equal_names_of_one_thing_do_not_contradict() -> None:
    assert publish_request(inputs(channel="a", diff_tag="a")).channel == "a"


def test_a_fork_gets_a_dry_run_judged_for_the_branch_it_goes_to() -> None:
    request, notice = guard(PublishRequest(), Event("pull_request", True, "main"), allows_privileged=False)
    assert (request.dry_run, request.branch) == (True, "main")
    assert "comes from a fork or from Dependabot" in notice


def test_a_dry_run_of_our_own_pull_request_is_judged_for_its_branch_too() -> None:
    event = Event("pull_request", False, "main")
    assert guard(PublishRequest(dry_run=True), event, allows_privileged=False) == (
        PublishRequest(dry_run=True, branch="main"),
        "",
    )


def test_our_own_pull_request_publishes_to_a_channel_of_its_own_only() -> None:
    event = Event("pull_request", False, "main")
    request, notice = guard(PublishRequest(), event, allows_privileged=False)
    assert (request.dry_run, request.branch) == (True, "main")
    assert notice.startswith("This is a pull request, and no channel of its own is named")
    own = PublishRequest(channel="pr-7")
    assert guard(own, event, allows_privileged=False) == (own, "")
    request, _ = guard(own, Event("pull_request", True, "main"), allows_privileged=False)
    assert request.dry_run


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run"])
def test_a_strangers_event_with_our_rights_is_refused_unless_told(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        guard(PublishRequest(), Event(name), allows_privileged=False)
    assert "allow-privileged-event: true" in caught.value.hint
    assert guard(PublishRequest(), Event(name), allows_privileged=True) == (PublishRequest(), "")
    assert guard(PublishRequest(dry_run=True), Event(name), allows_privileged=False)[1] == ""


def test_verify_takes_references_keys_and_an_identity() -> None:
    given = inputs(references="a:1\nb:2", key="one.pub\ntwo.pub", policy="flux", role="promote", trusted_root="r.json")
    references, trust, policy = verify_request(given)
    assert (references, policy) == (("a:1", "b:2"), "flux")
    assert (trust.keys, trust.role, trust.trusted_root) == (("one.pub", "two.pub"), "promote", "r.json")
    _, trust, policy = verify_request(inputs(references="a:1", certificate_identity="i", certificate_oidc_issuer="o"))
    assert (trust.identity, trust.issuer, trust.role, policy) == ("i", "o", "publish", "strict")


def test_there_must_be_something_to_verify() -> None:
    with pytest.raises(UsageError, match="nothing to verify"):
        verify_request(inputs())


def test_on_gitlab_errors_speak_of_components() -> None:
    gitlab = {"GITLAB_CI": "true", "GITLESS_INPUT_PATH": "web", "GITLESS_INPUT_TAGS": "v1.0.0"}
    with pytest.raises(UsageError) as release:
        publish_request(Inputs(gitlab))
    assert str(release.value) == (
        "The publish component does not move 'v1.0.0', which 'tags' names.\n"
        "Releases and stable channels are made by promotion, from an artifact that was published before.\n"
        "Include the component promote of the same project:\n  inputs:\n    components: NAME\n    to: stable"
    )
    with pytest.raises(UsageError) as flag:
        publish_request(Inputs({**gitlab, "GITLESS_INPUT_TAGS": "", "GITLESS_INPUT_DRY_RUN": "maybe"}))
    assert str(flag.value).endswith("Correct `inputs:` of the component.")
