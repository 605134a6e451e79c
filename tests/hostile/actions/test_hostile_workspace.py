"""Every action in a stranger's checkout: modules, programs and settings that lie there are not believed.

The real `bootstrap/run.sh` runs, with the packages of a step before; the faces ring installs them anew, as a first step does.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.hostile_workspace import MODULES, NETRC_PASSWORD, PROGRAMS, Workspace
from tests.fakes.registry_server import Auth, RegistryServer
from tests.fakes.runner_rules import obeyed
from tests.fakes.workshop import config_map

VERBS = ("publish", "promote", "rollback", "verify", "history", "audit", "setup")


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with RegistryServer() as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, registry: RegistryServer) -> Workspace:
    return Workspace(tmp_path, f"{registry.host}/apps")


def shell(workspace: Workspace, command: str, **env: str) -> None:
    """Run a command in the checkout with nothing that guards it."""
    given = {**workspace.machine(), **env}
    subprocess.run(["sh", "-c", command], cwd=workspace.repo.clone, env=given, capture_output=True, check=False)


@pytest.mark.parametrize("name", MODULES)
def test_a_planted_module_is_run_by_a_python_that_is_not_isolated(workspace: Workspace, name: str) -> None:
    shell(workspace, f"{sys.executable} -S -c 'import sys; sys.modules.pop(\"{name}\", 0); import {name}'")
    assert name in workspace.marks()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_planted_program_is_run_by_a_shell(workspace: Workspace, name: str) -> None:
    shell(workspace, name, PYTHONPATH="")
    assert workspace.marks() == [name]


def test_a_planted_netrc_is_believed_by_the_http_library(workspace: Workspace, registry: RegistryServer) -> None:
    shell(workspace, f"{sys.executable} -I -c 'import requests; requests.get(\"{registry.url}/v2/\")'")
    said = base64.b64encode(f"stranger:{NETRC_PASSWORD}".encode()).decode()
    assert [request.headers.get("authorization") for request in registry.requests] == [f"Basic {said}"]


def test_every_action_does_its_work_and_believes_nothing_of_the_checkout(
    workspace: Workspace, registry: RegistryServer
) -> None:
    repo, tag = workspace.repo, workspace.github("refs/tags/v1.0.0")
    publisher, promoter = str(repo.keys["publish"]), str(repo.keys["promote"])
    done = {}
    for number, value in enumerate(("two", "three")):
        repo.write("web/cm.yaml", config_map(value))
        repo.push()
        done["publish"] = workspace.act("publish", components="web", signing_key=publisher)
        assert done["publish"].outputs["pushed"] == "true", done["publish"].log
        given = {"components": "web", "to": "stable", "release": f"v1.{number}.0", "signing_key": promoter}
        done["promote"] = workspace.act("promote", tag, **given)
        assert done["promote"].outputs["moved"] == "true", done["promote"].log
    back = {"channel": "stable", "to": "previous", "reason": "It loses orders.", "signing_key": promoter}
    done["rollback"] = workspace.act("rollback", tag, components="web", **back)
    assert done["rollback"].outputs["moved"] == "true", done["rollback"].log
    place = f"{registry.host}/apps/web"
    done["verify"] = workspace.act("verify", references=f"{place}:stable", key="keys/publish.pub")
    assert done["verify"].outputs["verified"] == "true", done["verify"].log
    done["history"] = workspace.act("history", component="web")
    assert done["history"].outputs["ok"] == "true", done["history"].log
    done["audit"] = workspace.act("audit", components="web")
    assert done["audit"].outputs["ok"] == "true", done["audit"].log
    done["setup"] = workspace.act("setup")
    later = subprocess.run([done["setup"].outputs["path"], "--version"], cwd=repo.clone, env=workspace.machine())
    assert later.returncode == 0
    assert tuple(done) == VERBS
    assert {verb: each.code for verb, each in done.items()} == dict.fromkeys(VERBS, 0)
    for each in done.values():
        assert {word for word, _ in obeyed(each.log)} <= {"notice", "warning"}
        assert NETRC_PASSWORD not in each.log + each.summary
    assert workspace.marks() == []
    assert [request for request in registry.requests if "authorization" in request.headers] == []


READERS = {
    "publish": {"components": "web", "signing_key": "KEY"},
    "promote": {"components": "web", "to": "stable", "release": "v1.0.0", "signing_key": "KEY"},
    "rollback": {"components": "web", "channel": "stable", "to": "previous", "reason": "why", "signing_key": "KEY"},
    "verify": {"references": "PLACE:latest", "key": "keys/publish.pub"},
    "history": {"component": "web"},
    "audit": {"components": "web"},
}


@pytest.mark.parametrize("verb", READERS)
def test_a_credential_helper_of_the_checkout_is_not_asked(
    workspace: Workspace, registry: RegistryServer, verb: str
) -> None:
    registry.auth = Auth("robot", "pass")  # else nobody looks for a credential
    workspace.log_in_with_evil()
    known = {"KEY": str(workspace.repo.keys["publish" if verb == "publish" else "promote"])}
    place = f"{registry.host}/apps/web"
    given = {name: known.get(value, value.replace("PLACE", place)) for name, value in READERS[verb].items()}
    done = workspace.act(verb, **given)
    assert done.code == 2, done.log
    assert "names the credential helper 'evil', which is not installed." in done.log
    assert workspace.marks() == []
    assert "authorization" not in {name for request in registry.requests for name in request.headers}


def test_a_job_of_gitlab_believes_nothing_of_it_either(workspace: Workspace, registry: RegistryServer) -> None:
    repo, url = workspace.repo, "https://gitlab.com"
    variables = {
        "GITLAB_CI": "true", "CI_SERVER_URL": url, "CI_API_V4_URL": f"{url}/api/v4", "CI_PROJECT_ID": "700002",
        "CI_PROJECT_URL": f"{url}/acme/apps", "CI_PROJECT_PATH": "acme/apps", "CI_PIPELINE_ID": "7",
        "CI_COMMIT_SHA": repo.git("rev-parse", "HEAD"), "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main",
        "CI_PROJECT_DIR": str(repo.clone), "GITLESS_SIGNING_KEY": str(repo.keys["publish"]),
    }  # fmt: skip
    done = workspace.run("publish", "web", "--json", env=variables)
    assert done.code == 0, done.log
    assert set(registry.tags("apps/web")) >= {"latest"}
    assert NETRC_PASSWORD not in done.log
    assert workspace.marks() == []
    assert [request for request in registry.requests if "authorization" in request.headers] == []
