"""The example's workflows one after the other: publish, plan, promote, audit, history, verify, and back again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faces.act import Act
from tests.faces.example import AUDIT, ISSUER, NAME, PUSH, RELEASE, VERIFY, Example
from tests.fakes.sigstore.stack import Stack
from tools.peers.commands import Tools

TAG = "refs/tags/v1.0.0"


@pytest.mark.timeout(400)  # six jobs, each on an empty machine
def test_from_the_first_push_to_the_audit(
    example: Example, act: Act, registry: str, sigstore: Stack, tools: Tools, tmp_path: Path
) -> None:
    example.trust(sigstore)
    env = {"GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    example.move(VERIFY, env["GITLESS_REGISTRY"])
    pushed = example.run(act, PUSH, env, sigstore)
    assert pushed.code == 0, pushed.log
    released = example.run(act, RELEASE, env, sigstore, TAG)
    assert released.code == 0, released.log
    digest = released.outputs("plan")["digest"]
    outputs = released.outputs("promote")
    assert outputs["digest"] == digest
    assert (outputs["release"], outputs["passed"], outputs["moved"]) == ("v1.0.0", "true", "true")
    assert outputs["record"].startswith("sha256:")
    assert "✅ stable: 1 of 1 component(s) would move" in released.summaries[0]
    assert "✅ stable: 1 of 1 component(s) promoted" in "".join(released.summaries)
    place = f"{env['GITLESS_REGISTRY']}/web"
    for tag in ("stable", "v1.0.0"):
        subject = f"https://github.com/{NAME}/{RELEASE}@{TAG}"
        tools.verify_identity(sigstore.trusted_root, subject, ISSUER, f"{place}:{tag}")
    audited = example.run(act, AUDIT, env, sigstore)
    assert audited.code == 0, audited.log
    assert (audited.outputs("audit")["ok"], audited.outputs("audit")["findings"]) == ("true", "0")
    assert audited.outputs("history")["ok"] == "true"
    assert audited.outputs("history")["html"] == "history.html"
    assert "## History of web ✅ is whole" in "".join(audited.summaries)
    verified = example.run(act, VERIFY, env, sigstore)
    assert verified.code == 0, verified.log
    assert verified.outputs("channels")["verified"] == verified.outputs("production")["verified"] == "true"


@pytest.mark.timeout(400)  # seven jobs
def test_back_by_hand_on_a_tag(
    example: Example, act: Act, registry: str, sigstore: Stack, tools: Tools, tmp_path: Path
) -> None:
    example.trust(sigstore)
    env = {"GITLESS_REGISTRY": f"{registry}/{tmp_path.name}"}
    values = "deploy/web/production.yaml"
    for tag, replicas in (("v1.0.0", 3), ("v1.1.0", 4)):
        example.commit({values: f"replicas: {replicas}\nhost: web.production.example\n"})
        for workflow, ref in ((PUSH, "refs/heads/main"), (RELEASE, f"refs/tags/{tag}")):
            ended = example.run(act, workflow, env, sigstore, ref)
            assert ended.code == 0, ended.log
    inputs = {"to": "v1.0.0", "reason": "errors after v1.1.0"}
    back = example.run(act, RELEASE, env, sigstore, "refs/tags/v1.1.0", inputs)
    assert back.code == 0, back.log
    assert back.outputs("rollback")["moved"] == "true"
    place = f"{env['GITLESS_REGISTRY']}/web"
    digests = {tag: tools.run("crane", "digest", f"{place}:{tag}").stdout for tag in ("stable", "v1.0.0", "v1.1.0")}
    assert digests["stable"] == digests["v1.0.0"] != digests["v1.1.0"]
    assert "✅ stable: 1 of 1 component(s) rolled back" in "".join(back.summaries)
