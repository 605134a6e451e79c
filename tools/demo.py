"""The demo: publish a small repository into a folder, promote a component, change it, promote it again, roll it back.

Needs git, and no network. helm renders the third component where it is installed; where it is not, that is said and
the other two are published.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "apps"
ADDRESS = "https://github.com/acme/apps"
REGISTRY = "oci-layout:../registry"
# the example signs as GitHub's jobs; here are none, so two keys stand for the two workflows
KEYS = """\
identities:
  publish: {key: publish.pub}
  promote: {key: promote.pub}
"""
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
        self.env = {**os.environ, **IDENTITY}
        self.env.pop("GITHUB_STEP_SUMMARY", None)

    def run(self) -> None:
        """Tell the story step by step."""
        self._prepare()
        if "web" not in self.names:
            say("helm is not installed: the component `web` is left out.")
        self._publish("1. Publish every component: pack, sign, describe, verify, and only then name it `latest`")
        self._publish("2. Publish again: nothing changed, so nothing is pushed")
        self._promote("3. Promote the backend to `stable`: every gate, a second signature, a record, and then the tags")
        self._change()
        self._publish("4. One component changed: only that one is pushed; `stable` stays where it is")
        self._promote("5. Promote it too: the release is the next minor version", "--summary", "summary.md")
        say("6. Roll back: the channel names the old digest again, and the reason is on the record")
        back = ("--channel", "stable", "--to", "v0.1.0", "--reason", "errors after v0.2.0")
        self._gitless("promote", "rollback", "backend", "--registry", REGISTRY, *back)
        say("7. Who moved `stable`, when, from where to where, and why")
        self._gitless("promote", "history", "backend", "--channel", "stable", "--registry", REGISTRY)
        self._look()

    def _look(self) -> None:
        say("8. Verify what the channels name: Flux's rules, cosign's and ours; production trusts the promoter alone")
        for policy in ("flux", "strict"):
            self._verify("latest", "publish.pub", policy)
        self._verify("stable", "promote.pub", "flux")
        say("9. Look inside: annotations, the tree of evidence, what the SBOM lists")
        self._gitless("publish", "inspect", f"{REGISTRY}/{self.names[-1]}:latest", "--key", "publish.pub")
        say("10. The summary that reviewers of the promotion read")
        print((self.repository / "summary.md").read_text(encoding="utf-8"))

    def _verify(self, tag: str, key: str, policy: str) -> None:
        self._gitless("publish", "verify", f"{REGISTRY}/backend:{tag}", "--key", key, "--policy", policy)

    def _prepare(self) -> None:
        shutil.copytree(EXAMPLE, self.repository)
        for role in ("publish", "promote"):
            self._make_key(role)
        configuration = self.repository / "gitless.yaml"
        text = configuration.read_text(encoding="utf-8")
        changed = re.sub(r"(?m)^identities:.*\n(?:[ #].*\n)*", KEYS, text)
        if changed == text:
            raise SystemExit("demo: the example has changed; its identities are not where they were")
        configuration.write_text(changed, encoding="utf-8")
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", ADDRESS)
        # the rules of promotions are fetched from the remote: here it is a folder behind the address
        remote = self.folder / "remote.git"
        self._git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
        self._git("config", f"url.{remote}.insteadOf", ADDRESS)
        self._commit("Add the applications")
        self._git("remote", "set-head", "origin", "main")

    def _make_key(self, role: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{role}.key").touch(mode=0o600)
        (self.folder / f"{role}.key").write_bytes(private)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (self.repository / f"{role}.pub").write_bytes(public)

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
        self._git("push", "--quiet", "origin", "main")

    def _publish(self, title: str) -> None:
        say(title)
        self._gitless("publish", "publish", *self.names, "--registry", REGISTRY)

    def _promote(self, title: str, *options: str) -> None:
        say(title)
        move = ("--to", "stable", "--bump", "minor", "--registry", REGISTRY)
        self._gitless("promote", "promote", "backend", *move, *options)

    def _gitless(self, role: str, *arguments: str) -> None:
        print(f"$ gitless {' '.join(arguments)}", flush=True)
        env = {**self.env, "GITLESS_SIGNING_KEY": str(self.folder / f"{role}.key")}
        done = subprocess.run([sys.executable, "-m", "gitless", *arguments], cwd=self.repository, env=env, check=False)
        if done.returncode:
            raise SystemExit(f"demo: gitless {arguments[0]} ended with {done.returncode}")

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.repository, env=self.env, check=True)


def say(title: str) -> None:
    """Print a heading."""
    print(f"\n== {title}", flush=True)


if __name__ == "__main__":
    main()
