"""The demo: publish a small repository into a folder, change one component, publish again, verify, look at it.

Needs git, and no network. helm renders the third component where it is installed; where it is not, that is said and
the other two are published.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "apps"
IDENTITY = {
    "GIT_AUTHOR_NAME": "demo",
    "GIT_AUTHOR_EMAIL": "demo@example.test",
    "GIT_COMMITTER_NAME": "demo",
    "GIT_COMMITTER_EMAIL": "demo@example.test",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def main() -> None:
    """Run the demo in a temporary folder and leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="gitless-demo-") as folder:
        Demo(Path(folder)).run()


class Demo:
    """One run of the demo.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = folder / "apps"
        self.names = ["backend", "frontend", *(["web"] if shutil.which("helm") else [])]
        self.env = {**os.environ, **IDENTITY, "GITLESS_SIGNING_KEY": str(folder / "demo.key")}
        self.env.pop("GITHUB_STEP_SUMMARY", None)

    def run(self) -> None:
        """Tell the story in six steps."""
        self._prepare()
        if "web" not in self.names:
            say("helm is not installed: the component `web` is left out.")
        self._publish("1. Publish every component: pack, sign, describe, verify, and only then name it `latest`")
        self._publish("2. Publish again: nothing changed, so nothing is pushed")
        self._change()
        self._publish("3. One component changed: only that one is pushed", "--summary", "summary.md")
        say("4. Verify what `latest` names: Flux's rules, cosign's and ours")
        for policy in ("flux", "strict"):
            self._gitless("verify", "oci-layout:../registry/backend:latest", "--key", "../demo.pub", "--policy", policy)
        say("5. Look inside: annotations, the tree of evidence, what the SBOM lists")
        self._gitless("inspect", f"oci-layout:../registry/{self.names[-1]}:latest", "--key", "../demo.pub")
        say("6. The summary that reviewers read")
        print((self.repository / "summary.md").read_text(encoding="utf-8"))

    def _prepare(self) -> None:
        shutil.copytree(EXAMPLE, self.repository)
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "demo.key").touch(mode=0o600)
        (self.folder / "demo.key").write_bytes(private)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (self.folder / "demo.pub").write_bytes(public)
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", "https://github.com/acme/apps")
        self._commit("Add the applications")

    def _change(self) -> None:
        manifest = self.repository / "components" / "backend" / "base" / "deployment.yaml"
        text = manifest.read_text(encoding="utf-8")
        changed = text.replace("redis:8.2.1", "redis:8.2.2")
        if changed == text:
            raise SystemExit("demo: the example has changed; its image is not where it was")
        manifest.write_text(changed, encoding="utf-8")
        self._commit("Update redis")

    def _commit(self, message: str) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)

    def _publish(self, title: str, *options: str) -> None:
        say(title)
        self._gitless("publish", *self.names, "--registry", "oci-layout:../registry", *options)

    def _gitless(self, *arguments: str) -> None:
        print(f"$ gitless {' '.join(arguments)}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "gitless", *arguments], cwd=self.repository, env=self.env, check=False
        )
        if done.returncode:
            raise SystemExit(f"demo: gitless {arguments[0]} ended with {done.returncode}")

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.repository, env=self.env, check=True)


def say(title: str) -> None:
    """Print a heading."""
    print(f"\n== {title}", flush=True)


if __name__ == "__main__":
    main()
