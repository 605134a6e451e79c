"""Doctor as people run it: the whole command in a real repository, against registries, issuers and platforms on loopback."""

from __future__ import annotations

import base64
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import registry_replies as replies
from tests.fakes.api_server import TOKEN
from tests.fakes.forge import Forge
from tests.fakes.github_api import RUN, GitHubServer
from tests.fakes.registry_server import Auth, RegistryServer, Reply, Request
from tests.fakes.sigstore.issuers import Issuers
from tests.fakes.sigstore.paper_server import PaperServer
from tests.unit.cli.shop import Shop

from gitless.cli.main import run

PLAIN = "components: [{path: web}]\n"
HELM = """\
components:
  - path: web
    render:
      - output: out
        helm: {chart: chart, release: web, namespace: web}
        kubernetes: "1.34"
tools: {helm: 3.22.x}
"""
PUBLISHER = (
    "identities: {publish: {github: {repository: acme/d2-apps, workflow: push-artifact.yaml, ref: refs/heads/main}}}\n"
)
PRIVATE = "signing: {sigstore: {trusted-root: root.json, signing-config: signing.json}}\n"
SECRETS = ("hunter2-password", TOKEN, "BEGIN")


@dataclass
class Practice:
    """One repository, one registry, and the command."""

    shop: Shop
    registry: RegistryServer
    set_env: Callable[[Mapping[str, str]], None]
    capture: Any
    env: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def configure(self, *parts: str) -> None:
        """Write and commit gitless.yaml."""
        text = "".join((f"version: 1\nregistry: {self.registry.host}/apps\n", *parts))
        (self.shop.repository / "gitless.yaml").write_text(text)
        self.shop.commit()

    def doctor(self, *flags: str) -> tuple[int, dict[str, dict[str, str]]]:
        """Run it; exit code, and the rows by name. No text may hold a secret or a trace."""
        self.set_env(self.env)
        code = run(["doctor", "--json", *flags])
        captured = self.capture.readouterr()
        self.said = captured.err
        document = json.loads(captured.out)
        shown = captured.err + captured.out
        assert "Traceback" not in shown
        assert not [secret for secret in SECRETS if secret in shown]
        assert document["ok"] is (code == 0)
        assert all(row["fix"] for row in document["rows"] if row["state"] == "no")
        return code, {row["name"]: row for row in document["rows"]}

    def key(self) -> tuple[str, str]:
        """The flag for the shop's key."""
        return ("--signing-key", str(self.shop.key))


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


@pytest.fixture
def practice(
    tmp_path: Path, registry: RegistryServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Practice:
    def set_env(variables: Mapping[str, str]) -> None:
        for name, text in variables.items():
            monkeypatch.setenv(name, text)

    made = Practice(Shop(tmp_path), registry, set_env, capsys)
    monkeypatch.chdir(made.shop.repository)
    made.configure(PLAIN)
    return made


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuers]:
    with Issuers(tmp_path_factory.mktemp("issuers")) as running:
        # the keys are made at their first use, which must not be two threads' at once
        assert all(issuer.key for issuer in running.all.values())
        yield running


def tool(folder: Path, name: str, body: str) -> str:
    """A program on a PATH of its own, before the machine's."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def states(rows: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: row["state"] for name, row in rows.items()}


# -- a laptop -----------------------------------------------------------------------------------------------------


def test_a_laptop_with_a_key_that_can_do_it_all(practice: Practice) -> None:
    practice.env["PATH"] = tool(practice.shop.folder / "bin", "helm", "echo v3.22.1")
    tool(practice.shop.folder / "bin", "kustomize", "echo v5.8.1")
    tool(practice.shop.folder / "bin", "git", 'test "$3" = version || exec /usr/bin/git "$@"; echo git version 2.50.0')
    practice.configure(PLAIN, "identities: {publish: {key: key.pub}}\n")
    (practice.shop.repository / "key.pub").write_bytes(practice.shop.public.read_bytes())
    practice.shop.commit()
    code, rows = practice.doctor(*practice.key())
    assert code == 0
    assert set(states(rows).values()) == {"ok", "skipped"}
    hint = rows["identity"]["seen"].partition("public half is ")[2].partition(".")[0]
    host, commit = practice.registry.host, practice.shop.git("rev-parse", "HEAD").strip()
    assert len(base64.b64decode(hint)) == 32
    assert (
        "\n".join(" ".join(line.split()) for line in practice.said.splitlines())
        == f"""\
ok job This is no job of GitHub Actions or GitLab CI.
– comments This run is for no pull or merge request.
ok configuration gitless.yaml: 1 component(s), web, published to latest.
ok git {rows["git"]["seen"]}
ok source https://github.com/acme/apps at main@sha1:{commit}
ok helm 3.22.1; no component is rendered with it
ok kustomize 5.8.1; no component is rendered with it
ok registry {host}/apps/web: It answers; there is no latest yet.
ok registry-write {host}/apps/web: An upload was started and cancelled.
ok referrers {host}/apps/web: Evidence is listed by the referrers API.
ok identity The key {practice.shop.key} opens; its public half is {hint}. identities.publish trusts it.
– trust-root Keys need none.
Everything that is needed is there."""
    )


def test_nothing_is_left_in_the_registry(practice: Practice) -> None:
    practice.doctor(*practice.key())
    held = practice.registry
    assert (held.tags("apps/web"), held.manifests("apps/web"), held.blobs("apps/web")) == ({}, {}, {})
    assert held.uploads("apps/web") == set()
    assert {"PUT", "PATCH"}.isdisjoint(request.method for request in held.requests)
    assert practice.shop.git("status", "--porcelain", "--ignored") == ""


def test_quick_asks_nobody(practice: Practice) -> None:
    for flag in ("--quick", "--offline"):
        code, rows = practice.doctor(flag, *practice.key())
        assert code == 0
        assert rows["registry"]["state"] == "skipped"
        assert rows["identity"]["state"] == "note"
        assert practice.said.splitlines()[-1] == (
            "Everything that could be looked at is there; nothing was asked over the network."
        )
    assert practice.registry.requests == []
    assert practice.registry.connection_count == 0


def test_a_laptop_without_key_cannot_sign(practice: Practice) -> None:
    code, rows = practice.doctor("--quick")
    assert (code, rows["identity"]["state"]) == (1, "no")
    assert rows["identity"]["seen"].startswith(
        "Nobody can sign this run.\nThere is no signing key, and this is no job of"
    )
    assert rows["trust-root"]["seen"] == "The public Sigstore instance is read over the network."


def test_no_configuration_is_one_no_and_the_rest_waits(practice: Practice) -> None:
    (practice.shop.repository / "gitless.yaml").unlink()
    code, rows = practice.doctor()
    assert code == 1
    assert rows["configuration"]["seen"] == "There is no gitless.yaml and no --path."
    assert rows["configuration"]["fix"] == (
        "Write gitless.yaml at the repository's root:\nversion: 1\nregistry: ghcr.io/OWNER/REPOSITORY\ncomponents:\n"
        "  - path: FOLDER\nOr give --path DIR --name NAME --registry REGISTRY."
    )
    later = {"git", "helm", "kustomize", "registry", "identity", "trust-root"}
    assert {name for name, row in rows.items() if row["seen"] == "Not looked at: configuration says no."} == later


def test_a_folder_without_any_file(practice: Practice) -> None:
    (practice.shop.repository / "gitless.yaml").unlink()
    code, rows = practice.doctor("--path", "web", "--registry", f"oci-layout:{practice.shop.layout}", *practice.key())
    assert code == 0
    assert rows["configuration"]["seen"] == "flags and environment: 1 component(s), web, published to latest."
    assert rows["registry-write"]["state"] == "ok"
    assert not practice.shop.layout.exists()


def test_no_registry_is_a_no(practice: Practice) -> None:
    (practice.shop.repository / "gitless.yaml").write_text(f"version: 1\n{PLAIN}")
    code, rows = practice.doctor(*practice.key())
    assert (code, rows["configuration"]["seen"]) == (1, "There is no registry to publish to.")
    assert rows["registry"]["state"] == "skipped"


def test_a_component_that_is_none_is_wrong_usage(practice: Practice) -> None:
    assert run(["doctor", "wep"]) == 2
    assert practice.capture.readouterr().err == "gitless: There is no component 'wep'.\n  Did you mean web?\n"
    assert run(["doctor", "--no-such-flag"]) == 2
    assert practice.registry.requests == []


def test_uncommitted_changes_are_a_note(practice: Practice) -> None:
    (practice.shop.repository / "web" / "new.yaml").write_text("a: b\n")
    code, rows = practice.doctor(*practice.key())
    assert (code, rows["source"]["state"]) == (0, "note")
    assert rows["source"]["seen"].endswith("\nThere are uncommitted changes, and publish refuses them.")


def test_a_channel_of_other_branches_is_a_no(practice: Practice) -> None:
    practice.configure(PLAIN, "channels: {latest: {branches: [trunk]}}\n")
    code, rows = practice.doctor(*practice.key())
    assert code == 1
    assert rows["source"]["seen"] == (
        "publish will not move latest.\nThis run is on 'main'; channels.latest.branches allows trunk."
    )


def test_no_git_is_a_no(practice: Practice) -> None:
    practice.env["PATH"] = "/nowhere"
    code, rows = practice.doctor(*practice.key())
    assert (code, rows["git"]["seen"]) == (1, "git is not installed.")
    assert rows["source"]["seen"] == "Not looked at: git says no."


# -- tools --------------------------------------------------------------------------------------------------------


def test_helm_of_another_version_is_a_no(practice: Practice) -> None:
    practice.configure(HELM)
    practice.env["PATH"] = tool(practice.shop.folder / "bin", "helm", "echo v3.21.0")
    code, rows = practice.doctor("--quick", *practice.key())
    assert code == 1
    assert rows["helm"]["seen"] == (
        "helm is 3.21.0, but gitless.yaml asks for 3.22.x.\n"
        "What renders decides the bytes; helm on PATH is of another version."
    )
    assert rows["helm"]["fix"] == "Install helm 3.22.x, or change `tools: {helm: …}` and publish again."


def test_helm_that_is_missing_is_a_no_where_it_is_needed(practice: Practice) -> None:
    practice.configure(HELM)
    git = practice.shop.folder / "bin" / "git"
    tool(git.parent, "git", 'exec /usr/bin/git "$@"')
    practice.env["PATH"] = str(git.parent)
    code, rows = practice.doctor("--quick", *practice.key())
    assert code == 1
    assert rows["helm"]["seen"] == "helm is needed to render and is not installed.\nIt is not on PATH."
    assert rows["helm"]["fix"] == "Install Helm (https://helm.sh/docs/intro/install/) and put it on PATH."
    assert rows["kustomize"]["state"] == "skipped"


def test_a_tool_that_nobody_needs_cannot_say_no(practice: Practice) -> None:
    practice.configure(PLAIN, "tools: {helm: 3.22.x}\n")
    practice.env["PATH"] = tool(practice.shop.folder / "bin", "helm", "exit 1")
    code, rows = practice.doctor("--quick", *practice.key())
    assert (code, rows["helm"]["state"]) == (0, "note")
    assert rows["helm"]["seen"] == "helm does not say which version it is.\nNo component is rendered with it."


# -- registries ---------------------------------------------------------------------------------------------------


def test_a_registry_nobody_answers_for(practice: Practice) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        code, rows = practice.doctor("--registry", f"{host}/apps", *practice.key())
    assert code == 1
    assert rows["registry"]["seen"].startswith(
        f"Cannot resolve {host}/apps/web:latest.\nThe connection to http://{host}"
    )
    assert rows["registry"]["fix"].startswith("Look at the host's name and port")
    assert rows["registry-write"]["seen"] == rows["referrers"]["seen"] == "Not looked at: registry says no."
    assert rows["identity"]["state"] == "note"


def test_a_registry_that_asks_for_a_login(practice: Practice) -> None:
    practice.registry.auth = Auth("robot", "hunter2-password")
    code, rows = practice.doctor(*practice.key())
    assert code == 1
    assert rows["registry"]["fix"].startswith("No credential was found for this host. Log in with docker or podman")


def test_a_credential_that_may_only_read(practice: Practice) -> None:
    practice.registry.auth = Auth("robot", "hunter2-password", actions=frozenset({"pull"}))
    practice.env.update(
        GITLESS_REGISTRY_HOST=practice.registry.host,
        GITLESS_REGISTRY_USERNAME="robot",
        GITLESS_REGISTRY_PASSWORD="hunter2-password",
    )
    code, rows = practice.doctor(*practice.key())
    assert code == 1
    assert (rows["registry"]["state"], rows["registry-write"]["state"], rows["referrers"]["state"]) == (
        "ok",
        "no",
        "ok",
    )
    assert rows["registry-write"]["seen"].startswith(f"Cannot start an upload to {practice.registry.host}/apps/web.\n")
    assert rows["registry-write"]["fix"] == (
        "The credential from GITLESS_REGISTRY_USERNAME is wrong or out of date, or lacks the permission to push to "
        "apps/web."
    )


def test_a_registry_without_referrers_api_that_cancels_nothing(practice: Practice) -> None:
    practice.registry.referrers_api = False
    practice.registry.on("DELETE", r"/blobs/uploads/", replies.status(405))
    code, rows = practice.doctor(*practice.key())
    assert (code, rows["registry-write"]["state"], rows["referrers"]["state"]) == (0, "note", "note")
    assert "It could not be cancelled: the registry answered 405." in rows["registry-write"]["seen"]
    assert rows["referrers"]["seen"].startswith("There is no referrers API: evidence is listed under tags sha256-…")
    assert practice.registry.blobs("apps/web") == {}


def test_a_registry_that_answers_with_commands_and_secrets(practice: Practice) -> None:
    def hostile(request: Request) -> Reply:
        sent = request.headers.get("authorization", "")
        words = f"::set-output name=digest::1\n\x1b[2J##[error]x @everyone | <img src=x> {sent}"
        body = json.dumps({"errors": [{"code": "DENIED", "message": words}]}).encode()
        return Reply(403, {"Content-Type": "application/json"}, body)

    practice.registry.auth = Auth("robot", "hunter2-password", "basic")
    practice.env.update(
        GITLESS_REGISTRY_HOST=practice.registry.host,
        GITLESS_REGISTRY_USERNAME="robot",
        GITLESS_REGISTRY_PASSWORD="hunter2-password",
    )
    practice.registry.on("POST", r"/blobs/uploads/", hostile)
    summary = practice.shop.folder / "summary.md"
    code, _ = practice.doctor("--summary", str(summary), *practice.key())
    login = base64.b64encode(b"robot:hunter2-password").decode()
    text = summary.read_text(encoding="utf-8")
    assert code == 1
    assert "\x1b" not in practice.said + text
    assert "##[" not in practice.said
    assert not [line for line in practice.said.splitlines() if line.lstrip().startswith("::")]
    assert login not in practice.said + text
    assert "hunter2" not in text
    assert "@everyone" not in text
    assert text.startswith("## ❌ 1 of ")


def test_named_components_are_tried_each_and_else_one_of_them(practice: Practice) -> None:
    for name in ("api", "db"):
        (practice.shop.repository / name).mkdir()
    practice.configure("components: [{path: web}, {path: api}, {path: db}]\n")

    def tried(*names: str) -> set[str]:
        practice.registry.forget()
        assert practice.doctor(*names, *practice.key())[0] == 0
        return {item.path.split("/")[3] for item in practice.registry.requests}

    assert tried() == {"api"}
    assert tried("web", "db") == {"web", "db"}


# -- jobs ---------------------------------------------------------------------------------------------------------


def github(practice: Practice, **more: str) -> dict[str, str]:
    """A job of GitHub on the shop's commit, without a token's endpoint."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": "acme/apps",
        "GITHUB_RUN_ID": "7",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": practice.shop.git("rev-parse", "HEAD").strip(),
        **more,
    }


def event(practice: Practice, head: str = "acme/apps") -> dict[str, str]:
    """A pull request's variables and payload."""
    sides = {
        "head": {"repo": {"id": hash(head), "full_name": head}},
        "base": {"repo": {"id": hash("acme/apps"), "full_name": "acme/apps"}},
    }
    path = practice.shop.folder / "event.json"
    path.write_text(json.dumps({"pull_request": sides}))
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_BASE_REF": "main",
    }


@pytest.mark.parametrize("flags", [(), ("--quick",)])
def test_a_job_without_the_permission_for_a_token(practice: Practice, flags: tuple[str, ...]) -> None:
    practice.env = github(practice)
    code, rows = practice.doctor(*flags)
    assert code == 1
    assert rows["job"]["seen"] == "GitHub Actions: push on refs/heads/main of acme/apps"
    assert rows["identity"]["seen"] == (
        "The job has no permission to ask for an identity token.\n"
        "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set."
    )
    assert rows["identity"]["fix"].endswith("permissions:\n  contents: read\n  packages: write\n  id-token: write")


def test_a_job_with_the_permission_at_a_quick_look(practice: Practice) -> None:
    practice.env = github(
        practice, ACTIONS_ID_TOKEN_REQUEST_URL="https://t.example", ACTIONS_ID_TOKEN_REQUEST_TOKEN=TOKEN
    )
    code, rows = practice.doctor("--quick")
    assert (code, rows["identity"]["seen"]) == (0, "The platform gives this job an identity token.")


def test_a_job_whose_variables_are_missing_is_a_no_that_stops_no_other_row(practice: Practice) -> None:
    practice.env = github(practice, GITHUB_SHA="")
    code, rows = practice.doctor(*practice.key())
    assert (code, rows["job"]["state"], rows["registry-write"]["state"]) == (1, "no", "ok")
    assert rows["job"]["seen"].startswith("The environment says GitHub Actions, but GITHUB_SHA is missing.")
    assert rows["comments"]["seen"] == "Not looked at: job says no."


def test_the_trusted_job_of_a_private_instance(practice: Practice, issuers: Issuers) -> None:
    with PaperServer() as sigstore:
        (practice.shop.repository / "root.json").write_bytes(sigstore.paper.trusted_root())
        (practice.shop.repository / "signing.json").write_bytes(sigstore.paper.signing_config(sigstore.url, 2))
        practice.configure(PLAIN, PUBLISHER, PRIVATE)
        practice.env = {**issuers.client_environment(), **issuers.github_job()}
        code, rows = practice.doctor()
    assert code == 0
    assert rows["identity"]["seen"] == (
        "It signs as https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main "
        "(issuer https://token.actions.githubusercontent.com). identities.publish trusts it."
    )
    assert rows["trust-root"]["seen"].startswith(f"Fulcio {sigstore.url}, Rekor 2 {sigstore.url}, {sigstore.url}")


def test_another_job_than_the_trusted_one(practice: Practice, issuers: Issuers) -> None:
    practice.configure(PLAIN, PUBLISHER, PRIVATE)
    (practice.shop.repository / "signing.json").write_text('{"caUrls": [{"url": "https://fulcio.acme.example"}]}')
    (practice.shop.repository / "root.json").write_text("{}")
    practice.env = {**issuers.client_environment(), **issuers.github_job(ref="refs/heads/topic")}
    code, rows = practice.doctor()
    assert code == 1
    assert rows["identity"]["seen"].startswith(
        "This job is not the identity that identities.publish trusts.\nIt signs as  "
    )
    assert "Only the ref differs: run it on refs/heads/main." in rows["identity"]["fix"]
    assert rows["trust-root"]["seen"].startswith("The files of the Sigstore instance are not readable.")


def test_a_job_that_nobody_named_yet_gets_the_lines_to_paste(practice: Practice, issuers: Issuers) -> None:
    practice.configure(PLAIN, PRIVATE)
    (practice.shop.repository / "signing.json").write_text('{"caUrls": [{"url": "https://fulcio.acme.example"}]}')
    practice.env = {**issuers.client_environment(), **issuers.gitlab_job()}
    _, rows = practice.doctor()
    assert rows["identity"]["state"] == "note"
    assert rows["identity"]["fix"] == (
        "To name it:\nidentities:\n  publish:\n    gitlab:\n      project: acme/d2-apps\n      config: .gitlab-ci.yml\n"
        "      ref: refs/heads/main"
    )


def test_a_public_instance_that_cannot_be_reached_is_a_note(practice: Practice, issuers: Issuers) -> None:
    practice.configure(PLAIN, PUBLISHER)
    practice.env = {**issuers.client_environment(), **issuers.github_job()}
    code, rows = practice.doctor()
    assert (code, rows["identity"]["state"], rows["trust-root"]["state"]) == (0, "ok", "note")
    assert rows["trust-root"]["seen"].startswith(
        "Fulcio https://fulcio.sigstore.dev, Rekor 1 https://rekor.sigstore.dev, "
    )
    assert "\nSigstore's TUF repository cannot be reached: " in rows["trust-root"]["seen"]


def test_a_private_repository_that_would_be_named_in_the_public_log(practice: Practice, issuers: Issuers) -> None:
    practice.env = {**issuers.client_environment(), **issuers.github_job(repository_visibility="private")}
    code, rows = practice.doctor()
    assert code == 1
    assert rows["identity"]["seen"].startswith("This repository is private, and signing would publish its name.\n")


def test_a_pull_request_of_a_fork_is_nothing_wrong(practice: Practice) -> None:
    practice.configure(PLAIN, "channels: {latest: {branches: [main]}}\n")
    practice.env = github(practice, **event(practice, "stranger/apps"), GITHUB_TOKEN=TOKEN)
    code, rows = practice.doctor("--quick")
    assert code == 0
    assert rows["job"]["state"] == "note"
    assert rows["job"]["seen"].startswith(
        "GitHub Actions: pull_request on refs/pull/7/merge of acme/apps\nThe change comes"
    )
    assert rows["identity"]["seen"] == "Nothing is signed for a change from a fork or by Dependabot."
    assert rows["source"]["state"] == "ok"


def test_nothing_is_pushed_to_the_registry_for_a_fork(practice: Practice) -> None:
    practice.env = github(practice, **event(practice, "stranger/apps"))
    code, rows = practice.doctor()
    assert (code, rows["registry-write"]["seen"]) == (0, "Nothing is pushed for a stranger's change.")
    assert {request.method for request in practice.registry.requests} == {"GET", "HEAD"}


def test_an_event_with_the_repositorys_rights_is_a_note(practice: Practice) -> None:
    practice.env = github(practice, GITHUB_EVENT_NAME="workflow_run")
    _, rows = practice.doctor("--quick", *practice.key())
    assert rows["job"]["state"] == "note"
    assert rows["job"]["fix"].endswith("with:\n  allow-privileged-event: true")


# -- comments -----------------------------------------------------------------------------------------------------

PERMISSIONS = "To let it comment:\npermissions:\n  contents: read\n  pull-requests: write"


def test_what_a_token_may_read_is_tried_and_that_writing_is_not_is_said(practice: Practice) -> None:
    forge = Forge()
    for _ in range(7):
        forge.change(forge.root, forge.write(forge.root))
    with GitHubServer(forge) as server:
        practice.env = github(practice, **event(practice), GITHUB_TOKEN=TOKEN, GITHUB_API_URL=server.url)
        code, rows = practice.doctor(*practice.key())
        assert code == 0
        assert rows["comments"]["state"] == "note"
        assert rows["comments"]["seen"] == (
            "GITHUB_TOKEN may read the pull request 7. Whether it may comment cannot be told without writing."
        )
        assert rows["comments"]["fix"] == PERMISSIONS
        assert [asked.path for asked in server.asked] == ["/repos/acme/apps/pulls/7/reviews"]
        server.fail("/pulls/", 403, "Resource not accessible by integration")
        _, rows = practice.doctor(*practice.key())
        assert rows["comments"]["seen"] == (
            "Cannot read the pull request 7: GitHub answered 403: Resource not accessible by integration"
        )
        assert rows["comments"]["fix"] == PERMISSIONS
        asked = len(server.asked)
        _, rows = practice.doctor("--quick", *practice.key())
        assert rows["comments"]["seen"] == (
            "The step has a GITHUB_TOKEN. Whether it may comment cannot be told without writing."
        )
        assert len(server.asked) == asked


def test_whoever_promotes_with_approvals_must_be_able_to_read_them(practice: Practice) -> None:
    practice.configure(
        PLAIN,
        "channels: {latest: {}, stable: {from: latest, environment: production, gates: {approvals: {count: 1}}}}\n",
    )

    def approvals(*flags: str) -> dict[str, str]:
        return practice.doctor("--channel", "stable", *flags, *practice.key())[1]["approvals"]

    assert approvals()["seen"] == "Only a CI job can read who approved."
    forge = Forge()
    with GitHubServer(forge) as server:
        practice.env = github(practice, GITHUB_RUN_ID=str(RUN), GITHUB_TOKEN=TOKEN, GITHUB_API_URL=server.url)
        practice.env.update(GITHUB_SHA=forge.tip, GITHUB_REPOSITORY_ID=str(forge.id))
        assert approvals("--quick")["seen"] == "The platform is asked over the network."
        assert server.asked == []
        assert approvals()["seen"] == "The platform tells who approved this run."
        server.fail("/approvals", 403, "Resource not accessible by integration")
        row = approvals()
        assert row["state"] == "no"
        assert row["seen"] == (
            "Cannot read the approvals of this run: GitHub answered 403: Resource not accessible by integration"
        )
        assert row["fix"].startswith("The token lacks `actions: read`. Give the job, beside the permissions it has:")


def test_a_step_without_a_token_cannot_comment(practice: Practice) -> None:
    practice.env = github(practice, **event(practice))
    _, rows = practice.doctor("--quick", *practice.key())
    assert rows["comments"]["seen"] == "The step has no GITHUB_TOKEN, so it cannot comment."
    assert rows["comments"]["fix"] == (
        f"Give it to the step:\nenv:\n  GITHUB_TOKEN: ${{{{ github.token }}}}\n{PERMISSIONS}"
    )


@pytest.mark.parametrize(
    ("token", "seen"),
    [
        ({}, "There is no GITLESS_GITLAB_TOKEN, and a job token cannot write notes."),
        (
            {"GITLESS_GITLAB_TOKEN": TOKEN},
            "There is a GITLESS_GITLAB_TOKEN. Whether it may comment cannot be told without writing.",
        ),
    ],
)
def test_on_gitlab_a_token_of_ones_own_is_needed(practice: Practice, token: dict[str, str], seen: str) -> None:
    practice.env = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": "https://gitlab.com/api/v4",
        "CI_COMMIT_SHA": "2f" * 20,
        "CI_JOB_TOKEN": TOKEN,
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "700001",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "700001",
        "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/7/head",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_PIPELINE_ID": "36",
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_PROJECT_ID": "700001",
        "CI_PROJECT_PATH": "acme/apps",
        "CI_PROJECT_URL": "https://gitlab.com/acme/apps",
        **token,
    }
    code, rows = practice.doctor("--quick", *practice.key())
    assert code == 0
    assert rows["job"]["seen"] == "GitLab CI: merge_request_event on refs/merge-requests/7/head of acme/apps"
    assert (rows["comments"]["state"], rows["comments"]["seen"]) == ("note", seen)
    assert rows["comments"]["fix"]


# -- keys and promotions ------------------------------------------------------------------------------------------


def test_a_key_that_is_not_the_trusted_one(practice: Practice, tmp_path: Path) -> None:
    practice.configure(PLAIN, "identities: {publish: {key: key.pub}}\n")
    (practice.shop.repository / "key.pub").write_bytes(Shop(tmp_path / "other").public.read_bytes())
    code, rows = practice.doctor(*practice.key())
    assert code == 1
    assert rows["identity"]["seen"].startswith("The signing key is not the publishing identity.\n")


def test_a_variable_that_holds_the_key_is_named_and_not_shown(practice: Practice) -> None:
    practice.env["COSIGN_KEY"] = practice.shop.key.read_text()
    code, rows = practice.doctor("--signing-key", "env://COSIGN_KEY")
    assert code == 0
    assert rows["identity"]["seen"].startswith("The key env://COSIGN_KEY opens; its public half is ")
    practice.env["GITLESS_SIGNING_KEY"] = practice.shop.key.read_text()
    code, rows = practice.doctor()
    assert (code, rows["configuration"]["state"]) == (1, "no")  # and `doctor` above has looked for the key in all texts


def test_signing_switched_off_is_no_failure(practice: Practice) -> None:
    practice.configure(PLAIN, "signing: {method: none}\n")
    code, rows = practice.doctor()
    assert (code, rows["identity"]["state"], rows["trust-root"]["state"]) == (0, "skipped", "skipped")


def test_a_channel_that_promotions_move_is_looked_at_as_promote_would(practice: Practice) -> None:
    with RegistryServer() as production:
        practice.configure(
            PLAIN,
            "identities: {publish: {key: publish.pub}, promote: {key: promote.pub}}\n",
            f"channels: {{latest: {{}}, stable: {{from: latest, registry: {production.host}/prod}}}}\n",
        )
        for name in ("publish", "promote"):
            (practice.shop.repository / f"{name}.pub").write_bytes(practice.shop.public.read_bytes())
        other = Shop(practice.shop.folder / "other")
        (practice.shop.repository / "publish.pub").write_bytes(other.public.read_bytes())
        practice.shop.commit()
        practice.shop.git("remote", "remove", "origin")
        code, rows = practice.doctor("--channel", "stable", *practice.key())
        assert code == 0
        assert rows["configuration"]["seen"].endswith("web, promoted to stable.")
        assert rows["rules"]["seen"].startswith("gitless.yaml of main at ")
        assert rows["rules"]["state"] == "note"  # a clone without remote protects nothing
        assert rows["identity"]["seen"].endswith("identities.promote trusts it.")
        assert {item.method for item in production.requests} == {"HEAD", "GET", "POST", "DELETE"}
        assert {item.method for item in practice.registry.requests} <= {"HEAD", "GET"}
        assert "source" not in rows
        _, rows = practice.doctor("--quick", "--channel", "stable", *practice.key())
        assert rows["rules"]["seen"] == "The protected branch is fetched over the network."
