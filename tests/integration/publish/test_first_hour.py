"""What people meet in their first hour with the publish action, as whole text."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.fakes.action_step import Step, commit, git, make_checkout
from tests.fakes.registry_server import Auth, RegistryServer
from tests.fakes.runner_rules import obeyed

PLAIN = "components: [{path: web}]\n"
RENDERED = """\
components:
  - name: web
    path: web
    render: [{output: one, helm: {chart: chart, release: web, namespace: web}, kubernetes: "1.34"}]
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def publish(checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Step:
    return Step(checkout, monkeypatch, capfd)


def told(publish: Step, **given: str) -> str:
    """The text of the one error annotation of a step that failed; the summary holds it too."""
    outcome = publish(**given)
    assert outcome.code in (1, 2, 3)
    (message,) = [text for kind, text in obeyed(outcome.log) if kind == "error"]
    text = message.replace("%0A", "\n").replace("%25", "%")
    assert text.split("\n")[0] in outcome.summary.replace("\\", "").replace("\u200b", "")
    return text


def configure(checkout: Path, more: str = "") -> None:
    (checkout / "gitless.yaml").write_text(f"version: 1\nregistry: oci-layout:../store\n{more or PLAIN}")
    commit(checkout)


def test_no_permission_to_sign(publish: Step) -> None:
    assert told(publish, signing_key="") == (
        "The job has no permission to ask for an identity token.\n"
        "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set.\n"
        "Give it to the job; a reusable workflow's caller must grant it too:\n"
        "permissions:\n"
        "  contents: read\n"
        "  packages: write\n"
        "  id-token: write"
    )


def test_no_login(publish: Step) -> None:
    with RegistryServer(auth=Auth("user", "pass")) as server:
        place = server.location("acme/web")
        assert told(publish, repository=str(place)) == (
            f"Cannot fetch the manifest latest of {place}.\n"
            f"http://{place.host} answered 401: UNAUTHORIZED: wrong credentials\n"
            "No credential was found for this host. Log in with docker or podman, or set GITLESS_REGISTRY_HOST, "
            "GITLESS_REGISTRY_USERNAME and GITLESS_REGISTRY_PASSWORD."
        )


def test_no_permission_to_push(publish: Step) -> None:
    with RegistryServer(auth=Auth("user", "pass", actions=frozenset({"pull"}))) as server:
        place = server.location("acme/web")
        user = {"GITLESS_REGISTRY_USERNAME": "user", "GITLESS_REGISTRY_PASSWORD": "pass"}
        what, why, hint = told(publish, repository=str(place), GITLESS_REGISTRY_HOST=place.host, **user).split("\n")
        assert what.startswith("Cannot push the blob sha256:")
        assert what.endswith(f" to {place}.")
        assert why == f"http://{place.host} answered 401: UNAUTHORIZED: authentication required"
        assert hint == (
            "The credential from GITLESS_REGISTRY_USERNAME is wrong or out of date, or lacks the permission to push to "
            "acme/web."
        )


def test_a_repository_in_the_wrong_case(publish: Step) -> None:
    assert told(publish, repository="ghcr.io/Acme/web") == (
        "Not a repository name: 'ghcr.io/Acme/web'\n"
        "It takes a host, a slash and a lower-case path, without oci:// or https://, tag or digest.\n"
        "For example ghcr.io/acme/apps, localhost:5000/apps or oci-layout:DIR."
    )


def test_no_component_of_that_name(publish: Step, checkout: Path) -> None:
    configure(checkout)
    assert told(publish, repository="", path="", components="wbe") == (
        "There is no component 'wbe'.\nDid you mean web?"
    )


def test_no_configuration_and_no_path(publish: Step) -> None:
    assert told(publish, repository="", path="") == (
        "There is no gitless.yaml and no --path.\n"
        "Write gitless.yaml at the repository's root:\n"
        "version: 1\n"
        "registry: ghcr.io/OWNER/REPOSITORY\n"
        "components:\n"
        "  - path: FOLDER\n"
        "Or give --path DIR --name NAME --registry REGISTRY."
    )


def test_no_helm(publish: Step, checkout: Path, tmp_path: Path) -> None:
    (checkout / "web" / "chart").mkdir()
    (checkout / "web" / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    configure(checkout, RENDERED)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(shutil.which("git") or "")
    assert told(publish, repository="", path="", PATH=str(tmp_path / "bin")) == (
        "helm is needed to render and is not installed.\n"
        "It is not on PATH.\n"
        "Install Helm (https://helm.sh/docs/intro/install/) and put it on PATH."
    )


def test_a_branch_that_may_not_move_the_channel(publish: Step, checkout: Path) -> None:
    configure(checkout, f"{PLAIN}channels: {{latest: {{branches: [main]}}}}\n")
    assert told(publish, repository="", path="", GITHUB_REF="refs/heads/topic") == (
        "publish will not move latest.\n"
        "This run is on 'topic'; channels.latest.branches allows main.\n"
        "Publish to a channel of its own with --channel, or from an allowed branch."
    )


def test_a_clone_too_shallow_to_tell(
    publish: Step, checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert publish().code == 0
    for _ in range(2):
        (checkout / "web" / "config.yaml").write_text((checkout / "web" / "config.yaml").read_text() + "# more\n")
        commit(checkout)
    shallow = checkout.parent / "shallow"
    git(checkout.parent, "clone", "--quiet", "--depth=1", f"file://{checkout}", str(shallow))
    git(shallow, "remote", "set-url", "origin", f"file://{checkout}-is-gone")
    key = (checkout.parent / "key.pem").read_bytes()
    step = Step(shallow, monkeypatch, capfd)
    (checkout.parent / "key.pem").write_bytes(key)
    what, why, *hint = told(step).split("\n")
    assert what == "The channel 'latest' was not moved."
    first = git(checkout, "rev-parse", "HEAD~2")
    assert why == f"The channel's revision main@sha1:{first} is not in the history of this commit."
    assert hint == [
        "If the checkout is shallow, fetch all of it. On GitHub, at actions/checkout:",
        "with: {fetch-depth: 0}",
        "On GitLab:",
        "variables: {GIT_DEPTH: 0}",
        "If history was rewritten on purpose, say why: --rewritten-history REASON. It is recorded.",
    ]
    assert step(rewritten_history="The repository was imported anew.").code == 0
