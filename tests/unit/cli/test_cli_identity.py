"""gitless identity as people call it: from a configuration, from a running job, and from neither."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.fakes.sigstore.issuers import Issuers

FILE = """version: 1
registry: ghcr.io/acme/apps
components: [{path: deploy/web}]
channels: {latest: {branches: [main]}, stable: {from: latest, registry: registry.acme.example/prod}}
identities:
  publish: {github: {repository: acme/apps, workflow: push-artifact.yaml, ref: refs/heads/main}}
  promote: {key: keys/promote.pub}
"""
PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gitless.yaml").write_text(FILE)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "promote.pub").write_text(PEM)
    return tmp_path


def run(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gitless", "identity", *words]
    clean = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)


def test_what_is_to_be_pasted_is_all_of_stdout(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0
    repository = yaml.safe_load(done.stdout)
    assert repository["spec"]["url"] == "oci://ghcr.io/acme/apps/web"
    assert repository["spec"]["ref"] == {"tag": "latest"}
    assert len(repository["spec"]["verify"]["matchOIDCIdentity"]) == 1
    assert "subject  https://github.com/acme/apps/.github/workflows/push-artifact.yaml@refs/heads/main" in done.stderr


def test_the_promoter_signs_with_a_key_into_another_registry(folder: Path) -> None:
    done = run(folder, "--for", "promote")
    secret, repository = yaml.safe_load_all(done.stdout)
    assert secret["stringData"] == {"cosign.pub": PEM}
    assert repository["spec"]["url"] == "oci://registry.acme.example/prod/web"
    assert repository["spec"]["ref"] == {"tag": "stable"}
    commands = run(folder / "keys", "--for", "promote", "--form", "cosign", "--config", "../gitless.yaml").stdout
    assert "--key=promote.pub" in commands


def test_every_form_at_once_has_headings(folder: Path) -> None:
    done = run(folder, "--form", "all")
    assert [line for line in done.stdout.splitlines() if line.startswith("# ")] == [
        "# flux", "# cosign", "# kyverno", "# policy-controller",
    ]  # fmt: skip


def test_one_json_document(folder: Path) -> None:
    done = run(folder, "--json", "--form", "all", "--reference", "localhost:5000/x/y:v1")
    record = json.loads(done.stdout)
    assert (record["verb"], record["ok"], record["from"]) == ("identity", True, "configuration")
    assert record["reference"] == "localhost:5000/x/y:v1"
    assert set(record["forms"]) == {"flux", "cosign", "kyverno", "policy-controller"}


def test_a_digest_keeps_the_channels_tag(folder: Path) -> None:
    done = run(folder, "--json", "--reference", f"localhost:5000/x/y@sha256:{'a' * 64}")
    assert json.loads(done.stdout)["reference"] == "localhost:5000/x/y:latest"


def test_the_environment_overrules_the_files_registry(folder: Path) -> None:
    done = run(folder, env={"GITLESS_REGISTRY": "localhost:5000/other"})
    assert yaml.safe_load(done.stdout)["spec"]["url"] == "oci://localhost:5000/other/web"


def test_a_folder_is_no_place_for_a_cluster(folder: Path) -> None:
    done = run(folder, "--reference", "oci-layout:out/web:latest")
    assert done.returncode == 2
    assert "A cluster pulls from no folder." in done.stderr


def test_the_first_channel_of_the_role_is_named(folder: Path) -> None:
    (folder / "gitless.yaml").write_text(
        FILE.replace("latest: {branches: [main]}", "edge: {}, beta: {}").replace("from: latest", "from: edge")
    )
    assert yaml.safe_load(run(folder).stdout)["spec"]["ref"] == {"tag": "edge"}


@pytest.mark.parametrize(
    ("change", "repository"),
    [
        (("components: [{path: deploy/web}]", "components: [{path: apps/*}]"), "ghcr.io/acme/apps/component"),
        (("components: [{path: deploy/web}]", "components: [{path: a}, {path: b}]"), "ghcr.io/acme/apps/component"),
        (("registry: ghcr.io/acme/apps\n", ""), "registry.example/apps/component"),
        (("registry: ghcr.io/acme/apps", "registry: oci-layout:out"), "registry.example/apps/component"),
    ],
)
def test_a_repository_nobody_named_is_said_to_be_an_example(
    folder: Path, change: tuple[str, str], repository: str
) -> None:
    (folder / "gitless.yaml").write_text(FILE.replace(*change))
    done = run(folder)
    assert yaml.safe_load(done.stdout)["spec"]["url"] == f"oci://{repository}"
    assert "is an example" in done.stderr


def test_a_private_instances_root_comes_from_the_configuration_or_a_flag(folder: Path) -> None:
    (folder / "root.json").write_text('{"mediaType": "x"}\n')
    settings = "signing: {sigstore: {trusted-root: root.json, signing-config: signing.json}}\n"
    (folder / "gitless.yaml").write_text(FILE + settings)
    for words in ((), ("--trusted-root", "root.json")):
        secret, repository = yaml.safe_load_all(run(folder, *words).stdout)
        assert secret["stringData"] == {"trusted_root.json": '{"mediaType": "x"}\n'}
        assert repository["spec"]["verify"]["trustedRootSecretRef"] == {"name": secret["metadata"]["name"]}
    assert run(folder, "--trusted-root", "missing.json").returncode == 2
    (folder / "root.json").write_bytes(b"\xff")
    assert "is not text" in run(folder).stderr


def test_without_an_identity_the_running_job_is_described(tmp_path: Path) -> None:
    with Issuers(tmp_path) as issuers:
        assert issuers.github.key
        env = issuers.client_environment() | issuers.github_job(ref="refs/tags/v1.2.3", ref_type="tag")
        done = run(tmp_path, "--json", env=env)
        record = json.loads(done.stdout)
        bearer = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    assert record["from"] == "token"
    assert record["subject"].endswith("/push-artifact.yaml@refs/tags/v1.2.3")
    assert record["source"] == "https://github.com/acme/d2-apps"
    assert "this job's verified token" in done.stderr
    for secret in (bearer, "eyJ"):
        assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize("text", [None, "version: 1\n"])
def test_with_neither_the_lines_to_write_are_shown(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "gitless.yaml").write_text(text)
    done = run(tmp_path, "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["what"] == "There is no identity to describe."
    lines = yaml.safe_load(error["hint"].partition("\n")[2])
    assert set(lines["identities"]["publish"]["github"]) == {"repository", "workflow", "ref"}


def test_a_missing_configuration_that_was_named_is_an_error(tmp_path: Path) -> None:
    assert run(tmp_path, "--config", "other.yaml").returncode == 2
