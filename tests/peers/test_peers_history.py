"""Histories and audits of real promotions: real registries, real Sigstore, and cosign runs the commands that are shown."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import Releases
from tools.peers.commands import Tools
from tools.peers.publisher import gitless
from tools.peers.recipes import program

_NEXT = {"web/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {greeting: hi}\n"}
RECORD = "https://gitless.dev/promotion/v1"


class Reader:
    """Whoever reads: no CI job, no credentials, only the repository."""

    def __init__(self, apps: Releases, place: str) -> None:
        self.apps, self.place = apps, place

    def read(self, *words: str | Path, cwd: Path | None = None) -> tuple[int, dict[str, Any]]:
        done = gitless(*words, "--registry", self.place, "--json", cwd=cwd or self.apps.repository.path, check=False)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def kinds(self, *words: str | Path) -> list[tuple[str, str]]:
        return [(item["kind"], item["tag"]) for item in self.read("audit", *words)[1]["findings"]]


@pytest.fixture
def reader(registry: str, tmp_path: Path, sigstore: Stack) -> Reader:
    apps = Releases(tmp_path / "apps", sigstore, "github")
    place = f"{registry}/history-{apps.repository.path.parent.name}"
    apps.publish(place)
    apps.promote(place, "v1.0.0")
    apps.change(_NEXT)
    apps.publish(place)
    apps.promote(place, "v1.1.0")
    apps.rollback(place, "v1.0.0", "--to", "previous", "--reason", "it fails")
    # a clone knows the default branch; this one was made the other way round
    apps.repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return Reader(apps, place)


def _cosign(words: list[str], cwd: Path, tools: Tools) -> None:
    command = [str(program("cosign")), *words[1:]]
    done = subprocess.run(command, cwd=cwd, env=tools.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (words, done.stderr)


def test_history_audit_and_export(reader: Reader, tools: Tools, tmp_path: Path) -> None:
    page, seen, folder = tmp_path / "page.html", tmp_path / "seen.json", tmp_path / "export"
    code, said = reader.read("history", "web", "--html", page)
    records = said["channels"][0]["records"]
    assert (code, [item["kind"] for item in records]) == (0, ["promote", "promote", "rollback"])
    assert [item["signer"].split(" ")[0] for item in records] == [
        reader.apps.promoter(tag) for tag in ("v1.0.0", "v1.1.0", "v1.0.0")
    ]
    assert all(item["vouched"] and item["state"] == "completed" for item in records)
    assert said["channels"][0]["figures"]["failures"] == 1
    _check_commands(reader, page, tools)

    code, said = reader.read("audit", "--expect", seen, "--export", folder)
    assert (code, said["findings"], said["notices"]) == (0, [], [])
    _check_export(reader, folder, tools)
    _move_by_hand(reader, tools, seen)


def _check_commands(reader: Reader, page: Path, tools: Tools) -> None:
    """Every command on the page does what it says, for somebody who has only the page and the trusted root."""
    shells = re.findall(r"<pre><code>(.*?)</code></pre>", page.read_text(), re.DOTALL)
    assert len(shells) == 3
    for line in html.unescape("\n".join(shells)).splitlines():
        words = shlex.split(line)
        if words[0] == "cosign":
            _cosign([*words[:2], "--allow-http-registry", *words[2:]], reader.apps.repository.path, tools)
        else:
            gitless(*words[1:], cwd=reader.apps.repository.path)


def _check_export(reader: Reader, folder: Path, tools: Tools) -> None:
    index = json.loads((folder / "index.json").read_text())
    assert index["trust"] == ["gitless.yaml", "trusted_root.json"]
    for command in index["commands"]:
        gitless(*shlex.split(command)[1:], cwd=folder)
    records = [item for item in index["exported"][0]["evidence"] if item["predicate_type"] == RECORD]
    assert len(records) == 3
    for item in records:
        bundle = f"web/blobs/sha256/{item['bundle'].removeprefix('sha256:')}"
        subject = reader.apps.promoter("v1.0.0").replace("v1.0.0", "v1[.][01][.]0")
        _cosign(
            ["cosign", "verify-blob-attestation", "--bundle", bundle, "--trusted-root", "trusted_root.json",
             "--certificate-identity-regexp", subject,
             "--certificate-oidc-issuer", "https://token.actions.githubusercontent.com", "--type", RECORD,
             "--digest", item["subject"].removeprefix("sha256:"), "--digestAlg", "sha256"],
            folder, tools,
        )  # fmt: skip


def _move_by_hand(reader: Reader, tools: Tools, seen: Path) -> None:
    """What crane does to tags is found, and what was remembered stays."""
    before, repository = seen.read_bytes(), f"{reader.place}/web"
    tools.run("crane", "tag", f"{repository}:v1.1.0", "v7.0.0")
    assert reader.kinds("--expect", seen) == [("release.unrecorded", "v7.0.0")]
    reader.apps.change({name: text.replace("hi", "ho") for name, text in _NEXT.items()})
    reader.apps.publish(reader.place)
    tools.run("crane", "tag", f"{repository}:latest", "stable")
    found = reader.kinds("--expect", seen, "--channel", "stable")
    assert found == [("channel.foreign", "stable"), ("evidence.unpromoted", "stable")]
    assert reader.read("history", "web")[0] == 1
    assert seen.read_bytes() == before
