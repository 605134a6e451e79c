"""An example repository as one of acme's, with a remote that can be fetched, and its jobs as GitHub starts them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.faces.act import Act, Run
from tests.fakes.sigstore.stack import Stack
from tools.peers.publisher import Repository
from tools.peers.recipes import REPOSITORY

NAME = "acme/d2-apps"
WORKFLOWS = ".github/workflows"
PUSH, RELEASE, AUDIT, VERIFY = (
    f"{WORKFLOWS}/{name}.yaml" for name in ("push-artifact", "release-artifact", "audit", "verify")
)
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = f"https://github.com/{NAME}/{PUSH}@refs/heads/main"
_SIGNING = {
    "rekor": 2,
    "sigstore": {"trusted-root": "sigstore/trusted_root.json", "signing-config": "sigstore/signing_config.json"},
}
# A step after the example's own: the job's folder for temporary files is emptied when the job ends.
_KEEP = """\
      - run: cp "$RESULT" "$KEPT"
        if: ${{{{ !cancelled() }}}}
        env:
          RESULT: ${{{{ steps.{step}.outputs.json }}}}
"""


class Example:
    """One example, checked out.

    Args:
        path: Where the checkout is made; the remote is made beside it.
        name: The repository's name on GitHub.
        folder: Which of the examples it is.
    """

    def __init__(self, path: Path, name: str = NAME, folder: str = "apps") -> None:
        self.path, self.beside, self.name = path, path.parent, name
        self.repository = Repository(path)
        self.repository.git("remote", "set-url", "origin", f"https://github.com/{name}")
        self.repository.copy(REPOSITORY / "examples" / folder)
        self.repository.write({"gitless.yaml": anyone(self.path)})
        bare = self.beside / "remote.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(bare)], check=True)
        # the address stays GitHub's, which annotations and evidence name; only git is sent to the folder
        self.repository.git("config", f"url.{bare}.insteadOf", f"https://github.com/{name}")
        self.commit()

    def commit(self, files: Mapping[str, str] | None = None) -> None:
        """Commit everything and push it to main."""
        self.repository.write(files or {})
        self.repository.commit()
        self.repository.git("push", "--quiet", "--force", "origin", "HEAD:main")

    def trust(self, stack: Stack) -> None:
        """Sign with the services of this machine, and say who may."""
        settings = yaml.safe_load((self.path / "gitless.yaml").read_text())
        (self.path / "sigstore").mkdir()
        for file in (stack.trusted_root, stack.signing_config):
            shutil.copy(file, self.path / "sigstore" / file.name)
        self.commit(
            {"gitless.yaml": yaml.safe_dump({**settings, "signing": _SIGNING, "identities": self._identities()})},
        )

    def _identities(self) -> dict[str, Any]:
        return {
            "publish": {
                "github": {"repository": self.name, "workflow": "push-artifact.yaml", "ref": "refs/heads/main"}
            },
            "promote": {"github": {"repository": self.name, "workflow": "release-artifact.yaml", "ref": "refs/tags/*"}},
        }

    def move(self, workflow: str, registry: str) -> None:
        """Have the references of a workflow name a registry that is there."""
        text = (self.path / workflow).read_text()
        here = yaml.safe_load((self.path / "gitless.yaml").read_text())["registry"]
        self.commit({workflow: text.replace(f"{here}/", f"{registry}/")})

    def keep(self, workflow: str, step: str) -> None:
        """Have a workflow copy the result of a step to where it outlives the job."""
        self.commit({workflow: (self.path / workflow).read_text() + _KEEP.format(step=step)})

    @property
    def kept(self) -> dict[str, Any]:
        """The result that was copied last."""
        document: dict[str, Any] = json.loads((self.beside / "result.json").read_text())
        return document

    def run(
        self,
        act: Act,
        workflow: str,
        env: Mapping[str, str],
        stack: Stack | None = None,
        ref: str = "refs/heads/main",
        inputs: Mapping[str, str] | None = None,
    ) -> Run:
        """Run one workflow for a push to a ref, or by hand where it has inputs; with a token of that job to sign with."""
        event = self.beside / "event.json"
        event.write_text(
            json.dumps(
                {
                    "ref": ref,
                    "repository": {"default_branch": "main", "full_name": self.name},
                    "inputs": dict(inputs or {}),
                }
            )
        )
        job = self._job(stack, workflow, ref) if stack else {}
        name = "workflow_dispatch" if workflow in (AUDIT, VERIFY) or inputs else "push"
        # act would take the name from the remote, which is a folder here
        platform = {"GITHUB_REPOSITORY": self.name, "GITHUB_REF": ref}
        variables = {**platform, **env, **job, "KEPT": str(self.beside / "result.json")}
        return act.run(self.path, name, variables, "--eventpath", str(event), "--workflows", workflow)

    def _job(self, stack: Stack, workflow: str, ref: str) -> dict[str, str]:
        commit = self.repository.git("rev-parse", "HEAD")
        variables = stack.issuers.github_job(repository=self.name, sha=commit, ref=ref, path=workflow)
        asked = {name: value for name, value in variables.items() if name.startswith("ACTIONS_ID_TOKEN_")}
        return {**asked, **stack.issuers.client_environment(), "GITHUB_WORKFLOW_REF": variables["GITHUB_WORKFLOW_REF"]}


def anyone(path: Path) -> str:
    """The example's configuration without identities, for jobs that sign with a key or are others than it names."""
    settings = yaml.safe_load((path / "gitless.yaml").read_text())
    del settings["identities"]
    text: str = yaml.safe_dump(settings)
    return text


def make_key(folder: Path) -> str:
    """A private key as text; its public half is `cosign.pub` in the folder."""
    made = ec.generate_private_key(ec.SECP256R1())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    folder.mkdir(exist_ok=True)
    (folder / "cosign.pub").write_bytes(made.public_key().public_bytes(encoding, shape))
    return made.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain).decode()
