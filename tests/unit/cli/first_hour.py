"""What goes wrong in a first hour, each once: real runs of the command line, in real checkouts, against real servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.github_platform import Platform
from tests.fakes.protected_repo import ProtectedRepo
from tests.fakes.registry_server import Auth, RegistryServer
from tests.fakes.sigstore.issuers import Issuers
from tests.fakes.sigstore.paper_server import PaperServer
from tests.unit.cli.shop import Shop

Done = subprocess.CompletedProcess[str]
LONG_AGO = 1_700_000_000
USER = {"GITLESS_REGISTRY_USERNAME": "user", "GITLESS_REGISTRY_PASSWORD": "pass"}
CHANNELS = "channels: {latest: {branches: [main]}, stable: {from: latest}}\n"
RENDER = 'render: [{output: one, helm: {chart: chart, release: web, namespace: web}, kubernetes: "1.34"}]'
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: correct-horse-battery}\n"
GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/apps", "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "1", "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push",
}  # fmt: skip
GITLAB = {
    "GITLAB_CI": "true", "CI_SERVER_URL": "https://gitlab.com", "CI_API_V4_URL": "https://gitlab.com/api/v4",
    "CI_PROJECT_URL": "https://gitlab.com/acme/apps", "CI_PROJECT_PATH": "acme/apps", "CI_PROJECT_ID": "7",
    "CI_PIPELINE_ID": "7", "CI_COMMIT_BRANCH": "main",
}  # fmt: skip
KEYLESS = """\
version: 1
registry: ghcr.io/acme/apps
components: [{path: web}]
signing:
  rekor: 2
  sigstore: {trusted-root: sigstore/trusted_root.json, signing-config: sigstore/signing_config.json}
identities:
  publish: {github: {repository: acme/apps, workflow: push-artifact.yaml, ref: refs/heads/main}}
  promote: {github: {repository: acme/apps, workflow: release-artifact.yaml, ref: refs/tags/*}}
channels: {latest: {branches: [main]}, stable: {from: latest}}
"""
STORIES: dict[str, Callable[[Path], Done]] = {}


def story(function: Callable[[Path], Done]) -> Callable[[Path], Done]:
    """Tell this story too."""
    STORIES[function.__name__.replace("_", " ")] = function
    return function


def told(done: Done, folder: Path) -> str:
    """stderr, with placeholders for what differs from run to run."""
    text = done.stderr.replace(str(folder), "DIR")
    for pattern, word in (
        (r"127\.0\.0\.1:\d+", "HOST:PORT"),
        (r"sha256:[0-9a-f]{64}", "DIGEST"),
        (r"\b[0-9a-f]{40}\b", "COMMIT"),
        (r"\b[0-9a-f]{12}\b", "SHORT"),
        (r"(says|ended at) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\1 TIME"),
        (r"ended \d+ s ago", "ended SECONDS s ago"),
    ):
        text = re.sub(pattern, word, text)
    return text


def publish(shop: Shop, *flags: str, registry: str = "", key: str = "", **env: str) -> Done:
    """Publish the folder `web`."""
    words = ("--path", "web", "--registry", registry or f"oci-layout:{shop.layout}")
    return shop.run("publish", *words, "--signing-key", key or str(shop.key), *flags, env=env)


def configured(folder: Path, more: str = CHANNELS, component: str = "path: web") -> Shop:
    """A repository with a gitless.yaml."""
    shop = Shop(folder)
    head = f"version: 1\nregistry: oci-layout:{shop.layout}\ncomponents:\n  - {component}\n"
    (shop.repository / "gitless.yaml").write_text(head + more)
    shop.commit()
    return shop


def with_key(shop: Shop, *words: str) -> Done:
    """A verb, signed with the shop's key."""
    return shop.run(*words, "--signing-key", str(shop.key))


def key_file(
    folder: Path,
    password: str = "",
    curve: ec.EllipticCurve = ec.SECP256R1(),  # noqa: B008 - it is only a name
) -> str:
    """A private key in PKCS#8."""
    made = ec.generate_private_key(curve)
    locked = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    path = folder / "other.pem"
    path.write_bytes(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    return str(path)


# -- configuration ------------------------------------------------------------------------------------------------


@story
def no_configuration(folder: Path) -> Done:
    return Shop(folder).run("publish")


@story
def unknown_key(folder: Path) -> Done:
    return with_key(configured(folder, component="pth: web"), "publish")


@story
def unknown_flag(folder: Path) -> Done:
    return Shop(folder).run("publish", "--chanel", "preview")


@story
def unknown_verb(folder: Path) -> Done:
    return Shop(folder).run("publsh")


@story
def unknown_value_of_an_input(folder: Path) -> Done:
    return Shop(folder).run("action", "publish", env={"GITLESS_INPUT_DRY_RUN": "yes"})


@story
def registry_in_the_wrong_case(folder: Path) -> Done:
    return publish(Shop(folder), registry="ghcr.io/Acme/Apps")


@story
def registry_with_a_scheme(folder: Path) -> Done:
    return publish(Shop(folder), registry="oci://ghcr.io/acme/apps:latest")


@story
def registry_without_a_prefix(folder: Path) -> Done:
    return publish(Shop(folder), registry="ghcr.io")


@story
def no_registry(folder: Path) -> Done:
    return with_key(Shop(folder), "publish", "--path", "web")


@story
def no_component_of_that_name(folder: Path) -> Done:
    return with_key(configured(folder), "publish", "wbe")


@story
def no_such_folder(folder: Path) -> Done:
    return publish(Shop(folder), "--path", "wbe")


@story
def empty_folder(folder: Path) -> Done:
    shop = Shop(folder)
    (shop.repository / "empty").mkdir()
    return publish(shop, "--path", "empty")


@story
def channel_unknown(folder: Path) -> Done:
    return with_key(configured(folder), "publish", "--channel", "preview")


@story
def channel_of_promotions(folder: Path) -> Done:
    return with_key(configured(folder), "publish", "--channel", "stable")


@story
def channel_not_allowed_from_this_branch(folder: Path) -> Done:
    shop = configured(folder)
    shop.git("switch", "-q", "-c", "topic")
    return with_key(shop, "publish")


@story
def release_by_publish(folder: Path) -> Done:
    return with_key(configured(folder), "publish", "--tag", "v1.0.0")


# -- the checkout -------------------------------------------------------------------------------------------------


@story
def no_checkout(folder: Path) -> Done:
    shop = Shop(folder)
    shutil.rmtree(shop.repository / ".git")
    return publish(shop)


@story
def no_commit(folder: Path) -> Done:
    shop = Shop(folder)
    shutil.rmtree(shop.repository / ".git")
    shop.git("init", "-q", "-b", "main")
    return publish(shop)


@story
def no_remote(folder: Path) -> Done:
    shop = Shop(folder)
    shop.git("remote", "remove", "origin")
    return publish(shop)


@story
def uncommitted_changes(folder: Path) -> Done:
    shop = Shop(folder)
    (shop.repository / "web" / "new.yaml").write_text("a: 1\n")
    return publish(shop)


@story
def shallow_clone(folder: Path) -> Done:
    shop = Shop(folder)
    assert publish(shop).returncode == 0
    for name in ("a", "b"):
        manifest = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
        (shop.repository / "web" / "cm.yaml").write_text(manifest)
        shop.commit()
    shop.git("clone", "-q", "--depth=1", f"file://{shop.repository}", str(folder / "shallow"))
    shop.repository = folder / "shallow"
    shop.git("remote", "set-url", "origin", "https://github.com/acme/apps")
    shop.git("config", f"url.file://{folder}/gone.insteadOf", "https://github.com/acme/apps")
    return publish(shop)


@story
def plaintext_secret(folder: Path) -> Done:
    shop = Shop(folder)
    (shop.repository / "web" / "secret.yaml").write_text(SECRET)
    shop.commit()
    return publish(shop)


# -- programs -----------------------------------------------------------------------------------------------------


@story
def no_helm(folder: Path) -> Done:
    shop = configured(folder, "", f"{{name: web, path: web, {RENDER}}}")
    (shop.repository / "web" / "chart").mkdir()
    (shop.repository / "web" / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    shop.commit()
    (folder / "bin").mkdir()
    (folder / "bin" / "git").symlink_to(shutil.which("git") or "")
    return shop.run("publish", "--signing-key", str(shop.key), env={"PATH": str(folder / "bin")})


@story
def no_git(folder: Path) -> Done:
    return publish(Shop(folder), PATH=str(folder))


# -- keys ---------------------------------------------------------------------------------------------------------


@story
def no_key(folder: Path) -> Done:
    shop = Shop(folder)
    return shop.run("publish", "--path", "web", "--registry", f"oci-layout:{shop.layout}")


@story
def missing_key_file(folder: Path) -> Done:
    return publish(Shop(folder), key="cosign.key")


@story
def empty_key_variable(folder: Path) -> Done:
    return publish(Shop(folder), key="env://COSIGN_KEY")


@story
def no_passphrase(folder: Path) -> Done:
    return publish(Shop(folder), key=key_file(folder, "secret"))


@story
def wrong_passphrase(folder: Path) -> Done:
    return publish(Shop(folder), key=key_file(folder, "secret"), COSIGN_PASSWORD="guess")


@story
def wrong_passphrase_of_a_cosign_key(folder: Path) -> Done:
    vector = Path(__file__).parents[2] / "golden" / "signing" / "cosign.key"
    return publish(Shop(folder), key=str(vector), COSIGN_PASSWORD="guess")


@story
def key_of_another_type(folder: Path) -> Done:
    return publish(Shop(folder), key=key_file(folder, curve=ec.SECP384R1()))


@story
def key_of_somebody_else(folder: Path) -> Done:
    shop = configured(folder, "identities: {publish: {key: publish.pub}}\n")
    shutil.copy(shop.public, shop.repository / "publish.pub")
    shop.commit()
    return shop.run("publish", "--signing-key", key_file(folder))


# -- the registry -------------------------------------------------------------------------------------------------


@story
def no_login(folder: Path) -> Done:
    with RegistryServer(auth=Auth("user", "pass")) as server:
        return publish(Shop(folder), registry=f"{server.host}/apps")


@story
def wrong_login(folder: Path) -> Done:
    with RegistryServer(auth=Auth("user", "other")) as server:
        return publish(Shop(folder), registry=f"{server.host}/apps", GITLESS_REGISTRY_HOST=server.host, **USER)


@story
def half_a_login(folder: Path) -> Done:
    with RegistryServer(auth=Auth("user", "pass")) as server:
        return publish(Shop(folder), registry=f"{server.host}/apps", **USER)


@story
def no_permission_to_push(folder: Path) -> Done:
    with RegistryServer(auth=Auth("user", "pass", actions=frozenset({"pull"}))) as server:
        return publish(Shop(folder), registry=f"{server.host}/apps", GITLESS_REGISTRY_HOST=server.host, **USER)


@story
def no_permission_to_push_in_a_job(folder: Path) -> Done:
    return job_of(folder, {"contents": "read", "packages": "read", "id-token": "write"}, "publish")


@story
def registry_is_down(folder: Path) -> Done:
    with RegistryServer() as server:
        host = server.host
    return publish(Shop(folder), registry=f"{host}/apps")


# -- jobs ---------------------------------------------------------------------------------------------------------


@story
def no_permission_for_a_token(folder: Path) -> Done:
    shop = Shop(folder)
    env = {**GITHUB, "GITHUB_SHA": shop.git("rev-parse", "HEAD").strip()}
    return shop.run("publish", "--path", "web", "--registry", f"oci-layout:{shop.layout}", env=env)


@story
def no_token_on_gitlab(folder: Path) -> Done:
    shop = Shop(folder)
    env = {**GITLAB, "CI_COMMIT_SHA": shop.git("rev-parse", "HEAD").strip()}
    return shop.run("publish", "--path", "web", "--registry", f"oci-layout:{shop.layout}", env=env)


@story
def expired_token(folder: Path) -> Done:
    shop = Shop(folder)
    with Issuers(folder) as issuers:
        job = issuers.github_job(sha=shop.git("rev-parse", "HEAD").strip(), repository="acme/apps", iat=LONG_AGO)
        env = {**job, **issuers.client_environment()}
        return shop.run("publish", "--path", "web", "--registry", f"oci-layout:{shop.layout}", env=env)


@story
def expired_token_on_gitlab(folder: Path) -> Done:
    shop = Shop(folder)
    with Issuers(folder) as issuers:
        job = issuers.gitlab_job(sha=shop.git("rev-parse", "HEAD").strip(), project_path="acme/apps", iat=LONG_AGO)
        env = {**job, **issuers.client_environment()}
        return shop.run("publish", "--path", "web", "--registry", f"oci-layout:{shop.layout}", env=env)


@story
def promotion_on_a_branch(folder: Path) -> Done:
    grants = {"contents": "read", "packages": "write", "id-token": "write"}
    return job_of(folder, grants, "publish", "promote web --to stable")


def job_of(folder: Path, grants: dict[str, str], *commands: str) -> Done:
    """Run commands as jobs of main, on a platform where the job has these permissions; the last one's end."""
    with PaperServer() as paper:
        trust = json.loads(paper.trust_config(rekor=2))
        files = {"gitless.yaml": KEYLESS, "sigstore/trusted_root.json": json.dumps(trust["trustedRoot"])}
        files["sigstore/signing_config.json"] = json.dumps(trust["signingConfig"])
        with Platform(folder, files) as platform:
            ann = platform.forge.account("ann")
            platform.forge.push(ann, platform.forge.write(ann))
            platform.grants = grants
            checkout = platform.check_out("main")
            (folder / "event.json").write_text(json.dumps({"repository": {"default_branch": "main"}}))
            for command in commands:
                path = "push-artifact.yaml" if command == "publish" else "release-artifact.yaml"
                job = platform.job("refs/heads/main", path)
                env = {"PATH": os.environ["PATH"], "HOME": str(folder), **job}
                env["GITHUB_EVENT_PATH"] = str(folder / "event.json")
                words = [sys.executable, "-m", "gitless", *command.split()]
                done = subprocess.run(words, cwd=checkout, env=env, capture_output=True, text=True, check=False)
            return done


# -- promoting and verifying --------------------------------------------------------------------------------------


def promoting(folder: Path, *words: str, key: str = "promote") -> Done:
    """Publish, then run this."""
    return Promotions(folder).run(*words, key=key)


class Promotions(ProtectedRepo):
    """A repository that publishes and promotes, by the command line."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        assert self.run("publish", key="publish").returncode == 0

    def run(self, *words: str, key: str = "promote") -> Done:
        """Run a verb with one of the keys."""
        command = [sys.executable, "-m", "gitless", *words, "--signing-key", str(self.keys[key])]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.clone.parent)}
        return subprocess.run(command, cwd=self.clone, env=env, capture_output=True, text=True, check=False)


@story
def promotion_to_an_unknown_channel(folder: Path) -> Done:
    return promoting(folder, "promote", "web", "--to", "production")


@story
def promotion_without_a_release(folder: Path) -> Done:
    return promoting(folder, "promote", "web", "--to", "stable")


@story
def promotion_with_the_publishers_key(folder: Path) -> Done:
    return promoting(folder, "promote", "web", "--to", "stable", "--release", "v1.0.0", key="publish")


@story
def promotion_of_what_was_never_published(folder: Path) -> Done:
    repo = Promotions(folder)
    shutil.rmtree(folder / "out")
    return repo.run("promote", "web", "--to", "stable", "--release", "v1.0.0")


@story
def release_that_exists(folder: Path) -> Done:
    repo, words = Promotions(folder), ("promote", "web", "--to", "stable", "--release", "v1.0.0")
    assert repo.run(*words).returncode == 0
    repo.write("web/cm.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\n")
    repo.push()
    assert repo.run("publish", key="publish").returncode == 0
    return repo.run(*words)


@story
def rollback_without_a_reason(folder: Path) -> Done:
    return promoting(folder, "rollback", "web", "--channel", "stable", "--to", "previous")


@story
def rollback_to_nothing(folder: Path) -> Done:
    return promoting(folder, "rollback", "web", "--channel", "stable", "--to", "previous", "--reason", "It fails.")


@story
def default_branch_unknown(folder: Path) -> Done:
    return with_key(configured(folder), "promote", "web", "--to", "stable")


@story
def nobody_to_trust(folder: Path) -> Done:
    return Shop(folder).run("verify", "ghcr.io/acme/apps/web:latest")


@story
def private_key_to_verify(folder: Path) -> Done:
    shop = Shop(folder)
    return shop.run("verify", "ghcr.io/acme/apps/web:latest", "--key", str(shop.key))


@story
def nothing_of_that_name(folder: Path) -> Done:
    shop = Shop(folder)
    return shop.run("verify", f"oci-layout:{shop.layout}/web:latest", "--key", str(shop.public))
