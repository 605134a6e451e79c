"""The example's workflow runs as it is: the publish action, against a registry, with a key and as the job itself."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faces.act import Act
from tests.faces.example import ISSUER, NAME, PUSH, SUBJECT, Example, make_key
from tests.fakes.sigstore.stack import Stack
from tools.peers.commands import Tools

THREE = {"https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom", "https://slsa.dev/provenance/v1"}
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


def test_a_job_publishes_the_example_as_itself(
    example: Example, act: Act, registry: str, sigstore: Stack, tools: Tools, tmp_path: Path
) -> None:
    example.trust(sigstore)
    example.keep(PUSH, "publish")
    settings = {"GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    run = example.run(act, PUSH, settings, sigstore)
    assert run.code == 0, run.log
    components = example.kept["components"]
    assert [item["name"] for item in components] == ["backend", "frontend", "web"]
    for item in components:
        assert {evidence["predicate_type"] for evidence in item["evidence"]} == THREE
        tools.verify_identity(sigstore.trusted_root, SUBJECT, ISSUER, item["reference"])
    outputs = run.outputs("publish")
    assert (outputs["pushed"], outputs["changed"]) == ("true", "true")
    assert (outputs["digest"], outputs["digest-url"]) == ("", "")  # there are three
    assert "✅ 3 published" in run.summaries[0]
    again = example.run(act, PUSH, settings, sigstore)
    assert again.code == 0, again.log
    assert not any(item["pushed"] for item in example.kept["components"])
    assert again.outputs("publish")["pushed"] == "false"


def test_one_changed_line_moves_a_d2_repository_over(
    example: Example, act: Act, registry: str, tmp_path: Path, tools: Tools
) -> None:
    place = f"{registry}/{tmp_path.name}"
    (example.path / "gitless.yaml").unlink()
    example.commit({PUSH: D2.replace("REGISTRY", place)})
    env = {"COSIGN_KEY": make_key(tmp_path), "GITLESS_SIGNING_KEY": "env://COSIGN_KEY"}
    run = example.run(act, PUSH, env)
    assert run.code == 0, run.log
    for name in ("backend", "frontend"):
        reference = f"{place}/acme/d2-apps/{name}"
        assert f"pushed {reference}@sha256:" in run.log
        tools.verify(tmp_path / "cosign.pub", f"{reference}:latest")


def test_what_was_published_is_verified_and_looked_at_by_later_steps(
    example: Example, act: Act, registry: str, tmp_path: Path
) -> None:
    example.commit({PUSH: CHAIN})
    env = {"COSIGN_KEY": make_key(tmp_path), "GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    run = example.run(act, PUSH, {**env, "COSIGN_PUB": str(tmp_path / "cosign.pub")})
    assert run.code == 0, run.log
    digest = run.outputs("publish")["digest"]
    assert digest.startswith("sha256:")
    assert run.outputs("verify")["verified"] == "true"
    assert run.outputs("verify")["digest"] == digest
    assert "✅ 1 reference(s) verified" in "".join(run.summaries)
    assert f"  digest      {digest}" in run.log
    make_key(tmp_path / "other")
    wrong = example.run(act, PUSH, {**env, "COSIGN_PUB": str(tmp_path / "other" / "cosign.pub")})
    assert wrong.code != 0
    assert wrong.outputs("verify")["verified"] == "false"
    assert len(wrong.annotations("error")) == 1


def test_a_pull_request_from_a_fork_gets_a_summary_and_pushes_nothing(
    example: Example, act: Act, registry: str, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    fork, home = ({"repo": {"full_name": f"{owner}/d2-apps"}} for owner in ("stranger", "acme"))
    request = {"number": 7, "head": {"ref": "topic", **fork}, "base": {"ref": "main", **home}}
    event.write_text(json.dumps({"pull_request": request}))
    env = {"GITLESS_REGISTRY": f"{registry}/{tmp_path.name}", "GITHUB_REPOSITORY": NAME}
    run = act.run(example.path, "pull_request", env, "--eventpath", str(event), "--workflows", PUSH)
    assert run.code == 0, run.log
    assert run.outputs("publish")["pushed"] == "false"
    assert "3 would be published" in run.summaries[0]
    assert any("comes from a fork" in text for text in run.annotations("notice"))


def test_a_job_without_the_permission_is_told_the_lines_to_paste(example: Example, act: Act, registry: str) -> None:
    run = example.run(act, PUSH, {"GITLESS_REGISTRY": f"{registry}/nobody"})
    assert run.code != 0
    assert "  id-token: write" in run.summaries[0]
    assert len(run.annotations("error")) == 1
