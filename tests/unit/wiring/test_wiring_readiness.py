"""Each cheap no is told before the registry hears anything of a publish, by the whole command against a registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.registry_server import RegistryServer
from tests.unit.cli.shop import Shop

from gitless.cli.main import run
from gitless.errors import UsageError
from gitless.wiring.readiness import check_readiness
from gitless.wiring.request import PublishRequest
from gitless.wiring.setup import configure

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/apps",
    "GITHUB_RUN_ID": "7",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SHA": "2f" * 20,
    "GITHUB_EVENT_NAME": "push",
}
GITLAB = {"GITLAB_CI": "true", "CI_SERVER_URL": "https://gitlab.com"}
RENDERED = """\
components:
  - {path: web, render: [{output: out, kubernetes: "1.34", helm: {chart: chart, release: web, namespace: web}}]}
"""
PLAIN = "components: [{path: web}]\n"
NO_PERMISSION = """\
gitless: The job has no permission to ask for an identity token.
  ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set.
  Give it to the job; a reusable workflow's caller must grant it too:
  permissions:
    contents: read
    packages: write
    id-token: write
"""
NO_ID_TOKEN = """\
gitless: The job has no identity token.
  The variable SIGSTORE_ID_TOKEN is not set.
  Declare it in the job:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
"""
NOBODY = """\
gitless: Nobody can sign this run.
  There is no signing key, and this is no job of GitHub Actions or GitLab CI with an identity of its own.
  Run it in CI, or sign with a key: --signing-key FILE or GITLESS_SIGNING_KEY=env://VARIABLE.
  Make a key with `cosign generate-key-pair`.
"""
NO_KEY = """\
gitless: There is no signing key.
  signing.method is key, and a channel never names an unsigned artifact.
  Give --signing-key FILE or set GITLESS_SIGNING_KEY=env://VARIABLE.
  Make a key with `cosign generate-key-pair`.
"""
EMPTY_VARIABLE = """\
gitless: The signing key's variable 'COSIGN_KEY' is empty or not set.
  Hand the secret to the job as an environment variable of this name; on GitHub:
  env:
    COSIGN_KEY: ${{ secrets.COSIGN_KEY }}
"""
NO_FILE = """\
gitless: The signing key 'gone.key' cannot be read.
  No such file or directory
  Give the file's path from here, or env://VARIABLE. Make a key with `cosign generate-key-pair`.
"""
KEY_ITSELF = """\
gitless: The signing key itself was given where its place belongs.
  A key in a flag or in GITLESS_SIGNING_KEY gets into lists of processes and into error texts.
  Put it into a variable and name that: GITLESS_SIGNING_KEY=env://COSIGN_KEY.
"""
NO_HELM = """\
gitless: helm is needed to render and is not installed.
  It is not on PATH.
  Install Helm (https://helm.sh/docs/intro/install/) and put it on PATH.
"""
FORK = """\
gitless: A pull request from a fork cannot be signed for.
  What is signed here would be trusted as this repository's own, and the content is someone else's.
  Publish after the pull request is merged, in a run for the branch it is merged into.
"""
ANOTHER_PLATFORM = """\
gitless: This job cannot be the identity identities.publish.
  It runs on GitHub, and gitless.yaml trusts GitLab.
  Run where identities.publish says, or have the configuration changed.
"""
GITLAB_IDENTITY = f"{PLAIN}identities: {{publish: {{gitlab: {{project: acme/apps, ref: refs/heads/main}}}}}}\n"


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path)
    monkeypatch.chdir(made.repository)
    return made


def fork_event(folder: Path) -> dict[str, str]:
    sides = {
        side: {"repo": {"id": number, "full_name": f"{side}/apps"}} for number, side in enumerate(("head", "base"))
    }
    (folder / "event.json").write_text(json.dumps({"pull_request": sides}))
    return {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(folder / "event.json")}


@pytest.mark.parametrize("has_file", [True, False])
@pytest.mark.parametrize(
    ("env", "told"),
    [
        (GITHUB, NO_PERMISSION),
        (GITLAB, NO_ID_TOKEN),
        ({**GITHUB, "fork": "yes"}, FORK),
        ({}, NOBODY),
        ({"GITLESS_SIGNING_KEY": "env://COSIGN_KEY"}, EMPTY_VARIABLE),
        ({"GITLESS_SIGNING_KEY": "gone.key"}, NO_FILE),
        ({"GITLESS_SIGNING_KEY": "-----BEGIN PRIVATE KEY-----\nMIGH"}, KEY_ITSELF),
    ],
)
def test_who_signs_is_asked_first(
    env: dict[str, str],
    told: str,
    has_file: bool,
    shop: Shop,
    server: RegistryServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With flags alone the channel is read while the program still loads; even that comes after the cheap noes."""
    if has_file:
        (shop.repository / "gitless.yaml").write_text(f"version: 1\n{PLAIN}")
    given = {**env, **fork_event(shop.folder)} if "fork" in env else env
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    assert run(["publish", "--path", "web", "--registry", f"{server.host}/apps"]) == 2
    assert capsys.readouterr().err == told
    assert server.requests == []
    assert server.connection_count == 0


@pytest.mark.parametrize(
    ("configuration", "env", "told"),
    [
        (f"{PLAIN}signing: {{method: key}}\n", GITHUB, NO_KEY),
        (f"{PLAIN}signing: {{method: key, key: gone.key}}\n", {}, NO_FILE),
        (f"{PLAIN}signing: {{method: key, key: 'env://COSIGN_KEY'}}\n", {}, EMPTY_VARIABLE),
        (f"{RENDERED}signing: {{method: none}}\n", {"PATH": "/nowhere"}, NO_HELM),
        (
            GITLAB_IDENTITY,
            {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": "u", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"},
            ANOTHER_PLATFORM,
        ),
    ],
)
def test_what_the_configuration_asks_for_is_looked_for_first(
    configuration: str,
    env: dict[str, str],
    told: str,
    shop: Shop,
    server: RegistryServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (shop.repository / "gitless.yaml").write_text(f"version: 1\nregistry: {server.host}/apps\n{configuration}")
    for name, text in env.items():
        monkeypatch.setenv(name, text)
    assert run(["publish"]) == 2
    assert capsys.readouterr().err == told
    assert server.requests == []


def test_a_dry_run_needs_nobody_who_signs(shop: Shop, server: RegistryServer) -> None:
    assert run(["publish", "--path", "web", "--registry", f"{server.host}/apps", "--dry-run"]) == 0
    assert {request.method for request in server.requests} == {"GET"}


def test_a_renderer_is_looked_for_and_not_started(shop: Shop) -> None:
    (shop.repository / "gitless.yaml").write_text(f"version: 1\nregistry: registry.invalid/apps\n{RENDERED}")
    setup = configure(PublishRequest(signing_key=str(shop.key)), {})
    with pytest.raises(UsageError, match="helm is needed"):
        check_readiness(setup, setup.components, {"PATH": ""})
    helm = shop.folder / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(f"#!/bin/sh\ntouch {shop.folder}/started\n")
    helm.chmod(0o755)
    check_readiness(setup, setup.components, {"PATH": str(helm.parent)})
    assert not (shop.folder / "started").exists()


PROMOTED = """\
identities: {publish: {key: publish.pub}, promote: {github: {repository: acme/apps, workflow: r.yaml, ref: refs/tags/*}}}
channels: {latest: {}, stable: {from: latest}}
"""


def test_promote_looks_for_who_signs_before_it_asks_a_registry(
    shop: Shop, server: RegistryServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop.repository / "gitless.yaml").write_text(f"version: 1\nregistry: {server.host}/apps\n{PLAIN}{PROMOTED}")
    (shop.repository / "publish.pub").write_bytes(shop.public.read_bytes())
    for name, text in GITHUB.items():
        monkeypatch.setenv(name, text)
    shop.commit()
    shop.git("clone", "-q", "--bare", ".", str(shop.folder / "origin.git"))
    shop.git("remote", "set-url", "origin", str(shop.folder / "origin.git"))
    shop.git("fetch", "-q", "origin")
    shop.git("remote", "set-head", "origin", "main")
    command = ["promote", "web", "--to", "stable", "--from", "latest"]
    assert run(command) == 2
    assert capsys.readouterr().err == NO_PERMISSION
    assert server.requests == []
    # a plan is signed by nobody, and so reads
    assert run([*command, "--plan", str(shop.folder / "plan.json")]) != 2
    assert {request.method for request in server.requests} == {"GET"}


def test_where_a_checkout_does_not_decide_the_digest_nothing_is_packed(
    shop: Shop, server: RegistryServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr("os.O_DIRECTORY")  # as on Windows
    assert run(["publish", "--path", "web", "--registry", f"{server.host}/apps"]) == 2
    assert capsys.readouterr().err == (
        "gitless: Source is packed on Linux and macOS only.\n"
        "  On this system a checkout has no executable bits and may have other line endings than its commit: the digest "
        "would be another one.\n"
        "  Publish in CI, or under WSL. verify, inspect, history and audit run here, on registries.\n"
    )
    assert server.requests == []
