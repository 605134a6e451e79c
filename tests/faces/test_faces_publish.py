"""The example's workflow runs as it is: the publish action, against a registry, with a key and as the job itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.faces.act import Act, Run
from tests.fakes.sigstore.stack import Stack
from tools.peers.commands import Tools
from tools.peers.publisher import Repository
from tools.peers.recipes import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "apps"
WORKFLOW = ".github/workflows/push-artifact.yaml"
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main"
THREE = {"https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom", "https://slsa.dev/provenance/v1"}
TRUST = {
    "signing": {
        "rekor": 2,
        "sigstore": {"trusted-root": "sigstore/trusted_root.json", "signing-config": "sigstore/signing_config.json"},
    },
    "identities": {
        "publish": {
            "github": {"repository": "acme/d2-apps", "workflow": "push-artifact.yaml", "ref": "refs/heads/main"}
        }
    },
}
# The workflow of the D2 reference repository, with the one line changed that moving over takes.
D2 = """\
name: push-artifact
on:
  push:
    branches: [main]
jobs:
  flux-push:
    strategy:
      fail-fast: false
      matrix:
        component: [backend, frontend]
    runs-on: ubuntu-latest
    permissions:
      contents: read
      packages: write
      id-token: write
    steps:
      - uses: actions/checkout@v4
      - name: Push artifact
        uses: acme/gitless@v1
        id: push
        with:
          repository: REGISTRY/${{ github.repository }}/${{ matrix.component }}
          path: "./components/${{ matrix.component }}"
          diff-tag: latest
      - name: Sign artifact
        if: steps.push.outputs.pushed == 'true'
        run: echo "pushed $DIGEST_URL"
        env:
          DIGEST_URL: ${{ steps.push.outputs.digest-url }}
"""


CHAIN = """\
on: push
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: publish
        uses: acme/gitless@v1
        with:
          components: backend
          signing-key: env://COSIGN_KEY
          annotations: |
            com.example.team=apps
      - id: verify
        uses: acme/gitless/actions/verify@v1
        with:
          references: ${{ steps.publish.outputs.digest-url }}
          key: ${{ env.COSIGN_PUB }}
      - uses: acme/gitless/actions/setup@v1
      - run: gitless inspect "$REFERENCE"
        env:
          REFERENCE: ${{ steps.publish.outputs.digest-url }}
"""
# A step after the example's own: the job's folder for temporary files is emptied when the job ends.
KEEP = """\
      - run: cp "$RESULT" "$KEPT"
        env:
          RESULT: ${{ steps.publish.outputs.json }}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The example, as a repository of acme's."""
    made = Repository(tmp_path / "apps")
    made.git("remote", "set-url", "origin", "https://github.com/acme/d2-apps")
    made.copy(EXAMPLE)
    workflow = (made.path / WORKFLOW).read_text()
    made.write({WORKFLOW: workflow + KEEP})
    made.commit()
    return made


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """cosign in a home of its own."""
    (tmp_path / "tools").mkdir()
    return Tools(tmp_path / "tools")


def trust(repository: Repository, stack: Stack) -> None:
    """Have the repository sign with the services of this machine."""
    settings = yaml.safe_load((repository.path / "gitless.yaml").read_text())
    repository.write({"gitless.yaml": yaml.safe_dump({**settings, **TRUST})})
    (repository.path / "sigstore").mkdir()
    for file in (stack.trusted_root, stack.signing_config):
        shutil.copy(file, repository.path / "sigstore" / file.name)
    repository.commit()


def job(repository: Repository, stack: Stack) -> dict[str, str]:
    """What GitHub adds to a job with `id-token: write`."""
    variables = stack.issuers.github_job(sha=repository.git("rev-parse", "HEAD"))
    asked = {name: value for name, value in variables.items() if name.startswith("ACTIONS_ID_TOKEN_")}
    return {**asked, **stack.issuers.client_environment(), "GITHUB_WORKFLOW_REF": variables["GITHUB_WORKFLOW_REF"]}


def key(folder: Path) -> str:
    """A private key in the folder; its public half is beside it."""
    made = ec.generate_private_key(ec.SECP256R1())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    (folder / "cosign.pub").write_bytes(made.public_key().public_bytes(encoding, shape))
    return made.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain).decode()


def published(run: Run, kept: str) -> list[dict[str, Any]]:
    assert run.code == 0, run.log
    components: list[dict[str, Any]] = json.loads(Path(kept).read_text())["components"]
    return components


def test_a_job_publishes_the_example_as_itself(
    repository: Repository, act: Act, registry: str, sigstore: Stack, tools: Tools, tmp_path: Path
) -> None:
    trust(repository, sigstore)
    settings = {"GITLESS_REGISTRY": f"{registry}/{tmp_path.name}", "KEPT": str(tmp_path / "result.json")}
    run = act.run(repository.path, "push", {**settings, **job(repository, sigstore)})
    components = published(run, settings["KEPT"])
    assert [item["name"] for item in components] == ["backend", "frontend", "web"]
    for item in components:
        assert {evidence["predicate_type"] for evidence in item["evidence"]} == THREE
        tools.verify_identity(sigstore.trusted_root, SUBJECT, ISSUER, item["reference"])
    outputs = run.outputs("publish")
    assert (outputs["pushed"], outputs["changed"]) == ("true", "true")
    assert (outputs["digest"], outputs["digest-url"]) == ("", "")  # there are three
    assert "✅ 3 published" in run.summaries[0]
    again = act.run(repository.path, "push", {**settings, **job(repository, sigstore)})
    assert not any(item["pushed"] for item in published(again, settings["KEPT"]))
    assert again.outputs("publish")["pushed"] == "false"


def test_one_changed_line_moves_a_d2_repository_over(
    repository: Repository, act: Act, registry: str, tmp_path: Path, tools: Tools
) -> None:
    place = f"{registry}/{tmp_path.name}"
    repository.write({WORKFLOW: D2.replace("REGISTRY", place)})
    (repository.path / "gitless.yaml").unlink()
    repository.commit()
    env = {"COSIGN_KEY": key(tmp_path), "GITLESS_SIGNING_KEY": "env://COSIGN_KEY"}
    run = act.run(repository.path, "push", env)
    assert run.code == 0, run.log
    for name in ("backend", "frontend"):
        reference = f"{place}/acme/d2-apps/{name}"
        assert f"pushed {reference}@sha256:" in run.log
        tools.verify(tmp_path / "cosign.pub", f"{reference}:latest")


def test_what_was_published_is_verified_and_looked_at_by_later_steps(
    repository: Repository, act: Act, registry: str, tmp_path: Path
) -> None:
    repository.write({WORKFLOW: CHAIN})
    env = {"COSIGN_KEY": key(tmp_path), "COSIGN_PUB": str(tmp_path / "cosign.pub")}
    repository.commit()
    run = act.run(repository.path, "push", {**env, "GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"})
    assert run.code == 0, run.log
    digest = run.outputs("publish")["digest"]
    assert digest.startswith("sha256:")
    assert run.outputs("verify")["verified"] == "true"
    assert run.outputs("verify")["digest"] == digest
    assert "✅ 1 reference(s) verified" in "".join(run.summaries)
    assert f"  digest      {digest}" in run.log
    wrong = run_with_another_key(repository, act, tmp_path, {**env, "GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"})
    assert wrong.code != 0
    assert wrong.outputs("verify")["verified"] == "false"
    assert len(wrong.annotations("error")) == 1


def run_with_another_key(repository: Repository, act: Act, tmp_path: Path, env: dict[str, str]) -> Run:
    (tmp_path / "other").mkdir()
    key(tmp_path / "other")
    return act.run(repository.path, "push", {**env, "COSIGN_PUB": str(tmp_path / "other" / "cosign.pub")})


def test_a_pull_request_from_a_fork_gets_a_summary_and_pushes_nothing(
    repository: Repository, act: Act, registry: str, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    fork, home = ({"repo": {"full_name": f"{owner}/d2-apps"}} for owner in ("stranger", "acme"))
    request = {"number": 7, "head": {"ref": "topic", **fork}, "base": {"ref": "main", **home}}
    event.write_text(json.dumps({"pull_request": request}))
    text = (repository.path / WORKFLOW).read_text()
    asked = "        with:\n          dry-run: ${{ github.event_name == 'pull_request' }}\n"
    assert asked in text
    repository.write({WORKFLOW: text.replace(asked, "").replace(KEEP, "")})
    repository.commit()
    env = {"GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    run = act.run(repository.path, "pull_request", env, "--eventpath", str(event))
    assert run.code == 0, run.log
    assert run.outputs("publish")["pushed"] == "false"
    assert "3 would be published" in run.summaries[0]
    assert any("comes from a fork" in text for text in run.annotations("notice"))


def test_a_job_without_the_permission_is_told_the_lines_to_paste(
    repository: Repository, act: Act, registry: str
) -> None:
    run = act.run(repository.path, "push", {"GITLESS_REGISTRY": f"{registry}/nobody"})
    assert run.code != 0
    assert "  id-token: write" in run.summaries[0]
    assert len(run.annotations("error")) == 1
