"""promote and rollback as processes: exit codes, the JSON document, the summary, errors in three parts."""

import json
import os
import subprocess
import sys

import pytest
from tests.fakes.protected_repo import CHANNELS, ProtectedRepo
from tests.fakes.registry_server import RegistryServer, Reply

CLEAN = ("PATH", "HOME", "LANG", "SYSTEMROOT", "PYTHONPATH")
FROZEN = CHANNELS + "    gates: {freeze: {timezone: UTC, windows: [{days: [mon, tue, wed, thu, fri, sat, sun]}]}}\n"


class Desk:
    """Runs the command line in a repository."""

    def __init__(self, folder, channels=CHANNELS, registry=""):
        self.repo = ProtectedRepo(folder, registry, channels)
        assert self.run("publish", "--signing-key", self.repo.keys["publish"]).returncode == 0

    def run(self, *words):
        env = {key: os.environ[key] for key in CLEAN if key in os.environ}
        command = [sys.executable, "-m", "gitless", *map(str, words)]
        return subprocess.run(command, cwd=self.repo.clone, env=env, capture_output=True, text=True, check=False)

    def json(self, *words):
        """The exit code and the one document on stdout."""
        done = self.run(*words, "--json", "--signing-key", self.repo.keys["promote"])
        return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_promote_lists_its_gates_and_rollback_goes_back(desk, tmp_path):
    code, record, shown = desk.json("promote", "web", "--to", "stable", "--release", "v1.0.0")
    assert code == 0
    (web,) = record["components"]
    assert (record["verb"], record["ok"], record["channel"], record["planned"]) == ("promote", True, "stable", False)
    assert {gate["name"]: gate["verdict"] for gate in web["gates"]}["signature"] == "passed"
    assert all(set(gate) == {"name", "verdict", "reason"} and gate["reason"] for gate in web["gates"])
    assert (web["release"], web["from"], web["moved"], web["tags"]) == ("v1.0.0", "latest", True, ["v1.0.0", "stable"])
    assert web["record"].startswith("sha256:")
    assert web["objects"]["added"] == ["v1/ConfigMap/demo"]
    assert "promoted  web  stable: nothing -> " in shown
    code, again, shown = desk.json("promote", "web", "--to", "stable", "--release", "v1.0.0")
    assert (code, again["components"][0]["moved"], again["components"][0]["record"]) == (0, False, web["record"])
    assert "unchanged  web" in shown
    code, back, _ = desk.json("rollback", "web", "--channel", "stable", "--to", "v1.0.0", "--reason", "it fails")
    assert (code, back["verb"], back["components"][0]["moved"]) == (0, "rollback", False)


def test_plan_writes_file_and_summary_and_signs_nothing(desk, tmp_path):
    plan, summary = tmp_path / "plan.json", tmp_path / "summary.md"
    done = desk.run(
        "promote", "web", "db", "--to", "stable", "--bump", "minor", "--plan", plan, "--summary", summary
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [move["release"] for move in json.loads(plan.read_bytes())["moves"]] == ["v0.1.0", "v0.1.0"]
    text = summary.read_text()
    assert "2 of 2 component(s) would move" in text
    assert "| signature | ✅ |" in text
    code, record, _ = desk.json("promote", "web", "db", "--to", "stable", "--planned", plan)
    assert (code, [item["moved"] for item in record["components"]]) == (0, [True, True])


def test_gate_that_says_no_is_exit_code_one_with_its_reason(tmp_path):
    desk = Desk(tmp_path, FROZEN)
    code, record, shown = desk.json("promote", "web", "--to", "stable", "--release", "v1.0.0")
    assert (code, record["ok"]) == (1, False)
    (web,) = record["components"]
    assert (web["error"]["exit_code"], web["record"], web["tags"]) == (1, None, [])
    assert web["error"]["why"].startswith("freeze: ")
    assert "NO freeze:" in shown


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("promote", "web"), "--to"),
        (("promote", "--to", "stable"), "No component is named"),
        (("promote", "web", "--to", "stable"), "makes a release"),
        (("promote", "web", "--to", "nowhere"), "does not move"),
        (("promote", "web", "--to", "stable", "--digest", "latest"), "digest"),
        (("promote", "web", "--to", "stable", "--bump", "huge"), "--bump"),
        (("rollback", "web", "--channel", "stable", "--to", "previous"), "needs a reason"),
    ],
)
def test_wrong_words_are_exit_code_two(desk, words, word):
    code, record, shown = desk.json(*words)
    assert code == 2
    assert word in json.dumps(record)
    assert word in shown


def test_registry_that_fails_is_exit_code_three(tmp_path):
    with RegistryServer() as server:
        desk = Desk(tmp_path, registry=f"{server.host}/apps")
        server.on("GET", "/manifests/latest", lambda request: Reply(403))
        code, record, _ = desk.json("promote", "web", "--to", "stable", "--release", "v1.0.0")
        assert code == 3
        assert set(record["components"][0]["error"]) == {"what", "why", "hint", "exit_code"}


def test_no_secret_and_no_key_is_shown(desk):
    done = desk.run(
        "promote", "web", "--to", "stable", "--release", "v1.0.0", "--signing-key", desk.repo.keys["promote"]
    )
    pem = desk.repo.keys["promote"].read_text().splitlines()[1]
    assert pem not in done.stdout + done.stderr
