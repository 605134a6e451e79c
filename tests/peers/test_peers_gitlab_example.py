"""The scripts of the example's GitLab pipeline, job after job, with real Sigstore services and tokens as GitLab's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import ISSUERS, PROMOTERS, Releases
from tools.peers.commands import Tools
from tools.peers.recipes import REPOSITORY, folder, program

EXAMPLE = REPOSITORY / "examples" / "apps"
IDENTITIES = {
    "publish": {"gitlab": {"project": "acme/d2-apps", "ref": "refs/heads/main"}},
    "promote": {"gitlab": {"project": "acme/d2-apps", "ref": "refs/tags/*"}},
}


class Pipeline:
    """The example's pipeline for one repository.

    Args:
        apps: The repository.
        registry: `host:port/prefix`.
        example: The example.
    """

    def __init__(self, apps: Releases, registry: str, example: Path = EXAMPLE) -> None:
        self._apps, self._registry = apps, registry
        self._jobs: dict[str, Any] = yaml.safe_load((example / ".gitlab-ci.yml").read_text())

    def run(self, name: str, tag: str = "", **variables: str) -> None:
        """Run the script of one job, on main or on a tag."""
        job = self._jobs[name]
        claims = {"environment": job["environment"]["name"]} if "environment" in job else {}
        env = self._apps.release(tag, **claims) if tag else self._apps.variables()
        if job.get("extends") != ".signs":
            del env["SIGSTORE_ID_TOKEN"]
        gitless = Path(sys.executable).parent
        path = f"{gitless}{os.pathsep}{folder() / 'bin'}{os.pathsep}{os.environ['PATH']}"
        named = {"PATH": path, "HOME": str(self._apps.repository.path.parent), "GITLESS_REGISTRY": self._registry}
        tagged = {"CI_COMMIT_TAG": tag} if tag else {}
        done = subprocess.run(
            ["bash", "-eu", "-c", "\n".join(job["script"])],
            cwd=self._apps.repository.path,
            env={**os.environ, **env, **named, **tagged, **variables},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(program("helm") is None, reason="the example renders with helm")
def test_the_example_publishes_plans_promotes_and_rolls_back(
    tmp_path: Path, sigstore: Stack, registries: dict[str, str], tools: Tools
) -> None:
    apps = Releases(tmp_path / "apps", sigstore, "gitlab")
    shutil.rmtree(apps.repository.path / "web")
    signing = yaml.safe_load((apps.repository.path / "gitless.yaml").read_text())["signing"]
    apps.repository.copy(EXAMPLE)
    settings = yaml.safe_load((EXAMPLE / "gitless.yaml").read_text())
    apps.change({"gitless.yaml": json.dumps({**settings, "signing": signing, "identities": IDENTITIES})})
    place = f"{registries['ggcr-registry']}/{tmp_path.name}"
    pipeline = Pipeline(apps, place)

    def digest(tag: str) -> str:
        return tools.run("crane", "digest", f"{place}/web:{tag}").stdout.decode().strip()

    pipeline.run("publish")
    first = digest("latest")
    pipeline.run("plan", "v1.0.0")
    assert "would move" in (apps.repository.path / "plan.md").read_text()
    pipeline.run("promote", "v1.0.0")
    assert digest("stable") == digest("v1.0.0") == first
    promoter = PROMOTERS["gitlab"].format(tag="v1.0.0")
    tools.verify_identity(sigstore.trusted_root, promoter, ISSUERS["gitlab"], f"{place}/web@{first}")

    values = apps.repository.path / "deploy" / "web" / "production.yaml"
    (apps.repository.path / "plan.json").unlink()
    (apps.repository.path / "plan.md").unlink()
    apps.change({"deploy/web/production.yaml": values.read_text().replace("replicas: 2", "replicas: 4")})
    pipeline.run("publish")
    assert digest("latest") != first
    for job in ("plan", "promote"):
        pipeline.run(job, "v1.1.0")
    assert digest("stable") == digest("latest")
    pipeline.run("rollback", "v1.0.0", REASON="errors after v1.1.0")
    assert digest("stable") == first
