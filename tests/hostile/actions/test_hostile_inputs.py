"""Inputs, branches and checkouts of a stranger, given to the action's entry: nothing is run, nothing leaks, nothing lies."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from tests.fakes.action_step import Outcome, Step, commit, make_checkout
from tests.fakes.runner_rules import obeyed

from gitless.config.inputs import Inputs
from gitless.errors import UsageError
from gitless.registry.credentials import find_credential
from gitless.wiring.action import publish_request

NAMES = {"digest", "digest-url", "reference", "pushed", "changed", "tags", "json"}
OBEYED = {"error", "warning", "notice"}
SECRET = "hunter2-super-secret"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one component."""
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def publish(checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Step:
    """Runs the publish action's entry in the checkout; inputs by name, environment variables in capitals."""
    return Step(checkout, monkeypatch, capfd)


def hold(outcome: Outcome) -> None:
    """What holds for every run, whatever it was given."""
    assert {name for name, _ in obeyed(outcome.log)} <= OBEYED
    assert set(outcome.outputs) in (set(), NAMES)
    assert outcome.written == []
    assert "Traceback" not in outcome.log


def test_an_honest_step_publishes(publish: Step) -> None:
    outcome = publish(annotations="com.example.team=apps\ncom.example.note=100% true: yes")
    hold(outcome)
    assert outcome.code == 0
    assert outcome.outputs["pushed"] == "true"
    assert json.loads(Path(outcome.outputs["json"]).read_text())["ok"] is True


SHELL = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "&& touch pwned",
    "| touch pwned",
    "x' ; touch pwned '",
    'x" ; touch pwned "',
    "${IFS}touch${IFS}pwned",
    "--help",
    "--config=/etc/passwd",
    "-rf",
    "../../../etc",
    "/etc/passwd",
    "%0A::set-env name=X::y",
    "::set-output name=pushed::true",
    "::add-mask::a",
    "##[command]touch pwned",
    "${{ secrets.GITHUB_TOKEN }}",
    "{{ constructor }}",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "@everyone",
    "http://169.254.169.254/latest/meta-data",
]


@pytest.mark.parametrize("value", SHELL)
@pytest.mark.parametrize("name", ["channel", "repository", "name", "tags", "components"])
def test_words_of_a_stranger_are_refused_as_names(publish: Step, name: str, value: str) -> None:
    given = {name: value, **({"path": ""} if name == "components" else {})}
    outcome = publish(**given)
    hold(outcome)
    assert outcome.code == 2
    assert outcome.outputs == {}
    assert len([kind for kind, _ in obeyed(outcome.log) if kind == "error"]) == 1


@pytest.mark.parametrize("value", SHELL)
def test_words_of_a_stranger_stay_words_in_annotations(publish: Step, value: str) -> None:
    outcome = publish(annotations=f"com.example.title={value}")
    hold(outcome)
    assert outcome.code == 0


INVISIBLE = {
    "NUL": "a\x00b",
    "bell": "a\x07b",
    "escape": "a\x1b[31mb",
    "bidi override": "a\u202eb",
    "bidi isolate": "a\u2066b",
    "zero width": "a\u200bb",
    "line separator": "a\u2028b",
    "C1": "a\x85b",
    "private use": "a\ue000b",
    "surrogate": "a\udc80b",
}


@pytest.mark.parametrize("name", ["channel", "annotations", "tags", "signing-key", "rewritten-history", "ignore-paths"])
@pytest.mark.parametrize("value", INVISIBLE.values(), ids=INVISIBLE)
def test_what_nobody_sees_is_refused_by_its_code_point(value: str, name: str) -> None:
    # the system's environment holds no NUL, so it is asked below the variables
    key = "GITLESS_INPUT_" + name.upper().replace("-", "_")
    with pytest.raises(UsageError) as caught:
        publish_request(Inputs({key: f"x={value}"}))
    assert "U+" in caught.value.why
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["channel", "path", "annotations", "tags", "components", "registry", "dry-run"])
def test_a_megabyte_is_refused_before_anything_reads_it(name: str) -> None:
    with pytest.raises(UsageError, match=f"The input '{name}' is not valid"):
        publish_request(Inputs({"GITLESS_INPUT_" + name.upper().replace("-", "_"): "a" * 1024 * 1024}))


@pytest.mark.parametrize("name", ["channel", "path", "name", "config", "registry", "repository", "diff-tag", "dry-run"])
def test_a_second_line_is_no_value(publish: Step, name: str) -> None:
    outcome = publish(**{name.replace("-", "_"): "latest\n::set-output name=pushed::true"})
    hold(outcome)
    assert outcome.code == 2
    assert f"The input '{name}' is not valid" in outcome.log


BRANCHES = [
    "$(touch${IFS}pwned)",
    "`touch${IFS}pwned`",
    "x';touch${IFS}pwned;'",
    'x";touch${IFS}pwned;"',
    "a|b",
    "<img/src=x>",
    "@everyone",
    "%0A::error",
    "--upload-pack=touch",
    "ünïcödé",
    "a,b;c&d",
]


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_of_any_name_is_text(publish: Step, branch: str) -> None:
    outcome = publish(GITHUB_REF=f"refs/heads/{branch}")
    hold(outcome)
    assert outcome.code in (0, 2)
    assert "<img" not in outcome.summary


def test_a_ref_with_a_line_feed_is_no_ref(publish: Step) -> None:
    outcome = publish(GITHUB_REF="refs/heads/a\n::set-output name=pushed::true")
    hold(outcome)
    assert outcome.code == 2


def test_a_key_that_was_pasted_is_not_shown(publish: Step) -> None:
    outcome = publish(signing_key=f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----")
    hold(outcome)
    assert outcome.code == 2
    assert SECRET not in outcome.log + outcome.summary
    assert "env://COSIGN_KEY" in outcome.log


def test_a_token_given_as_a_source_is_not_shown(publish: Step) -> None:
    outcome = publish(repository=f"https://user:{SECRET}@ghcr.io/acme/apps")
    hold(outcome)
    assert outcome.code == 2


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
def test_events_of_strangers_with_rights_of_ours_push_nothing(publish: Step, event: str, tmp_path: Path) -> None:
    outcome = publish(GITHUB_EVENT_NAME=event)
    hold(outcome)
    assert outcome.code == 2
    assert f"does not push or sign on {event}" in outcome.log
    assert not (tmp_path / "store").exists()
    assert publish(GITHUB_EVENT_NAME=event, dry_run="true").code == 0
    assert not (tmp_path / "store").exists()
    assert publish(GITHUB_EVENT_NAME=event, allow_privileged_event="true").code == 0
    assert (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "payload",
    [
        "{}",
        "[]",
        "null",
        '{"pull_request": null}',
        '{"pull_request": {"head": {"repo": null}, "base": {"repo": {"full_name": "acme/apps"}}}}',
        '{"pull_request": {"head": {"repo": {"full_name": ["acme/apps"]}}, "base": {"repo": {"full_name": ["acme/apps"]}}}}',
        '{"pull_request": {"head": {"repo": {"full_name": "mallory/apps"}}, "base": {"repo": {"full_name": "acme/apps"}}}}',
    ],
)
def test_a_pull_request_that_is_not_plainly_our_own_is_a_dry_run(publish: Step, payload: str, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(payload)
    outcome = publish(GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH=str(event), GITHUB_BASE_REF="main")
    hold(outcome)
    assert outcome.code == 0
    assert not (tmp_path / "store").exists()
    assert outcome.outputs["pushed"] == "false"


def test_dependabot_gets_a_dry_run(publish: Step, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    home = {"repo": {"full_name": "acme/apps"}}
    event.write_text(json.dumps({"pull_request": {"head": home, "base": home}}))
    given = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event), "GITHUB_BASE_REF": "main"}
    assert publish(**given, channel="pr-7", GITHUB_ACTOR="dependabot[bot]").outputs["pushed"] == "false"
    assert publish(**given, GITHUB_ACTOR="alice").outputs["pushed"] == "false"
    assert publish(**given, channel="pr-7", GITHUB_ACTOR="alice").outputs["pushed"] == "true"


@pytest.mark.parametrize(
    "key", ["dev.gitless.content", "org.opencontainers.image.revision", "dev.sigstore.bundle.content"]
)
def test_annotations_of_ours_cannot_be_given(publish: Step, key: str, tmp_path: Path) -> None:
    outcome = publish(annotations=f"{key}=forged")
    hold(outcome)
    assert outcome.code == 2
    assert f"The annotation {key} is written by gitless itself" in outcome.log
    assert not (tmp_path / "store").exists()


def test_a_component_that_names_commands_starts_none(publish: Step, checkout: Path) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: '::set-output name=pushed::true'}\nstringData: {password: abc}\n"
    (checkout / "web" / "::error::x.yaml").write_text(text)
    commit(checkout)
    outcome = publish()
    hold(outcome)
    assert outcome.code == 1
    assert outcome.outputs["pushed"] == "false"
    whole, placed = [text for kind, text in obeyed(outcome.log) if kind == "error"]
    assert "check(s) said no" in whole
    assert placed.startswith("v1/Secret/")

    assert "::error file=web/%3A\u200b%3Aerror%3A\u200b%3Ax.yaml,line=" in outcome.log


def test_a_helper_on_a_relative_path_is_not_run(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = checkout / "docker-credential-evil"
    helper.write_text('#!/bin/sh\ntouch "$PWNED"\necho \'{"Username":"a","Secret":"b"}\'\n')
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    shutil.copy(helper, checkout / "web")
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(json.dumps({"credsStore": "evil"}))
    monkeypatch.chdir(checkout)
    pwned = tmp_path / "pwned"
    for entries in (["web", "/usr/bin"], ["", "/usr/bin"], [".", "/usr/bin"]):
        env = {"HOME": str(tmp_path), "PATH": os.pathsep.join(entries), "PWNED": str(pwned)}
        with pytest.raises(UsageError, match=r"docker-credential-evil|'evil', which is not installed"):
            find_credential("ghcr.io", "acme/apps", env)
        assert not pwned.exists()
