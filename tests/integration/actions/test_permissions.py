"""The permissions that each action documents are enough, each is needed, and a job that lacks one is told which.

The platform is a fake that answers 403 to everything a permission does not cover; the action's step runs in this process.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.action_step import Outcome, Step, git, make_checkout
from tests.fakes.forge import Check
from tests.fakes.github_platform import Platform, pull_request
from tests.fakes.runner_rules import obeyed
from tests.fakes.sigstore.claims import GITHUB
from tests.fakes.sigstore.paper_server import PaperServer
from tools.action_pages import actions, parts_of

GITLESS = """\
version: 1
registry: ghcr.io/acme/apps
components: [{path: web}]
signing:
  rekor: 2
  sigstore: {trusted-root: sigstore/trusted_root.json, signing-config: sigstore/signing_config.json}
identities:
  publish: {github: {repository: acme/apps, workflow: push-artifact.yaml, ref: refs/heads/main}}
  promote: {github: {repository: acme/apps, workflow: release-artifact.yaml, ref: refs/tags/*}}
channels:
  latest: {branches: [main]}
  stable:
    from: latest
    environment: production
    releases: {scheme: semver}
    gates:
      provenance: {repository: acme/apps, ref: refs/heads/main}
      approvals: {count: 1, except: [requester, author]}
      checks: [{name: test}, {name: lint}]
"""
PLAIN = GITLESS[: GITLESS.index("    environment:")] + "    releases: {scheme: semver}\n"
LEVELS = ("none", "read", "write")
READS = ("actions", "pull-requests", "checks", "statuses")
RUNS = tuple(name for name in sorted(actions()) if name != "setup")
BRANCH, TAG = "refs/heads/main", "refs/tags/v1.0.0"


def documented(action: str) -> dict[str, str]:
    """The permissions in the action's first comment."""
    lines = [line.partition("#")[0] for line in parts_of(actions()[action])["Permissions"]]
    pairs = [line.split(":") for line in lines if line.strip() != "{}"]
    return {name.strip(): level.strip() for name, level in pairs}


@dataclass
class Shop:
    """acme's repository on the platform, with what the actions are given to do."""

    platform: Platform
    step: Step
    patch: pytest.MonkeyPatch

    def run(
        self,
        action: str,
        grants: Mapping[str, str] | None = None,
        checked_out: Mapping[str, str] | None = None,
        event: str = "",
        checks_out: bool = True,
        **changed: str,
    ) -> Outcome:
        """Check out and run the action's step.

        Args:
            action: The action.
            grants: What the job may; what is documented when not given.
            checked_out: What it might when it checked out; the same when not given.
            event: The file of the event; a push when empty.
            checks_out: Whether the step before is a checkout.
            changed: Inputs, and variables in capitals.
        """
        platform, step = self.platform, self.step
        grants = documented(action) if grants is None else grants
        promotes = action in ("promote", "rollback")
        platform.grants = grants if checked_out is None else checked_out
        if checks_out:
            step.checkout = platform.check_out("v1.0.0" if promotes else "main")
        platform.grants = grants
        name = "release-artifact.yaml" if promotes else "push-artifact.yaml"
        job = platform.job(TAG if promotes else BRANCH, name, **({"environment": "production"} if promotes else {}))
        for gone in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
            self.patch.delenv(gone, raising=False)
        pushed = step.beside / "push.json"
        pushed.write_text(json.dumps({"repository": {"default_branch": "main"}}))
        return step.run(action, **{**job, "GITHUB_EVENT_PATH": event or str(pushed), **self.inputs(action), **changed})

    def inputs(self, action: str) -> dict[str, str]:
        """What the action is asked to do."""
        latest = self.platform.registry.tags("acme/apps/web").get("latest", "")
        return {
            "publish": {},
            "promote": {"components": "web", "to": "stable", "release": "v1.0.0", "digest": latest},
            "rollback": {"components": "web", "channel": "stable", "to": "previous", "reason": "It loses orders."},
            "verify": {"references": "ghcr.io/acme/apps/web:latest", "config": "gitless.yaml"},
            "history": {"component": "web"},
            "audit": {"components": "web"},
        }[action]  # fmt: skip

    def change(self) -> None:
        """One more commit on main, reviewed by bob and green, and the tag on it."""
        forge = self.platform.forge
        ann = next(account for account in forge.accounts if account.login == "ann")
        bob = next(account for account in forge.accounts if account.login == "bob")
        change = forge.change(ann, forge.write(ann))
        forge.review(change, bob, "approved")
        forge.merge(change, by=forge.root)
        forge.checks += [Check(forge.tip, "test", "success", 15368), Check(forge.tip, "lint", "success")]
        forge.clone.git("push", "--quiet", "--force", "origin", f"{forge.tip}:refs/tags/v1.0.0")


def error_of(outcome: Outcome) -> str:
    """The text of the one error annotation."""
    (message,) = [text for kind, text in obeyed(outcome.log) if kind == "error"]
    return message.replace("%0A", "\n").replace("%25", "%")


@pytest.fixture
def rules() -> str:
    return GITLESS


@pytest.fixture
def shop(
    tmp_path: Path, rules: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Shop]:
    with PaperServer() as paper:
        trust = json.loads(paper.trust_config(rekor=2))
        files = {"gitless.yaml": rules, "sigstore/trusted_root.json": json.dumps(trust["trustedRoot"])}
        files["sigstore/signing_config.json"] = json.dumps(trust["signingConfig"])
        with Platform(tmp_path, files) as platform:
            platform.forge.account("ann")
            platform.forge.decide(platform.forge.account("bob"), "production", "approved")
            made = Shop(platform, Step(platform.forge.clone.path, monkeypatch, capfd), monkeypatch)
            made.change()
            yield made


def prepare(shop: Shop, action: str) -> None:
    """What was done before the action runs."""
    if action != "publish":
        assert shop.run("publish").code == 0
    if action in ("rollback", "history", "audit"):
        assert shop.run("promote").code == 0
    if action == "rollback":
        shop.change()
        assert shop.run("publish").code == 0
        assert shop.run("promote", release="v1.1.0").code == 0
    shop.platform.used.clear()


@pytest.mark.parametrize("action", RUNS)
def test_what_is_documented_is_enough_and_is_used(shop: Shop, action: str) -> None:
    prepare(shop, action)
    outcome = shop.run(action)
    assert outcome.code == 0, outcome.log
    assert shop.platform.used - {"metadata"} == set(documented(action))


@pytest.mark.parametrize("action", ["promote", "rollback"])
@pytest.mark.parametrize("rules", [PLAIN], ids=["no gates"])
def test_without_gates_what_is_documented_for_gates_is_not_needed(shop: Shop, action: str) -> None:
    prepare(shop, action)
    outcome = shop.run(action, {"contents": "read", "packages": "write", "id-token": "write"})
    assert outcome.code == 0, outcome.log
    assert shop.platform.used == {"contents", "packages", "id-token"}


@pytest.mark.parametrize("action", RUNS)
def test_without_contents_there_is_no_checkout(shop: Shop, action: str) -> None:
    """Checking out is another action's work; what only needs none, works."""
    prepare(shop, action)
    grants = {name: level for name, level in documented(action).items() if name != "contents"}
    if action == "verify":
        root = shop.platform.forge.clone.path / "sigstore" / "trusted_root.json"
        subject = "https://github.com/acme/apps/.github/workflows/push-artifact.yaml@refs/heads/main"
        who = {"certificate_identity": subject, "certificate_oidc_issuer": GITHUB, "trusted_root": str(root)}
        assert shop.run(action, grants, checks_out=False, config="", **who).code == 0
    with pytest.raises(subprocess.CalledProcessError) as caught:
        shop.run(action, grants)
    assert b"403" in caught.value.stderr


@pytest.mark.parametrize("action", ["promote", "rollback"])
def test_rules_that_may_not_be_read(shop: Shop, action: str) -> None:
    prepare(shop, action)
    outcome = shop.run(action, {**documented(action), "contents": "none"}, checked_out={"contents": "read"})
    assert outcome.code == 3
    what, *_, hint, first, second = error_of(outcome).split("\n")
    assert what == "The protected branch main cannot be read."
    assert hint == (
        "The rules of promotions are read from there. On GitHub the step needs GITHUB_TOKEN, and the job, beside the "
        "permissions it has:"
    )
    assert (first, second) == ("permissions:", "  contents: read")


PACKAGES = [
    (action, "packages", level) for action in RUNS for level in LEVELS[: LEVELS.index(documented(action)["packages"])]
]


@pytest.mark.parametrize(("action", "name", "level"), PACKAGES)
def test_packages_that_may_not_be_read_or_written(shop: Shop, action: str, name: str, level: str) -> None:
    prepare(shop, action)
    before = shop.platform.registry.tags("acme/apps/web")
    outcome = shop.run(action, {**documented(action), name: level})
    assert outcome.code == 3
    assert shop.platform.registry.tags("acme/apps/web") == before
    what, why, who, *hint = error_of(outcome).split("\n")
    assert what.startswith("Cannot ")
    assert (
        why
        == f"https://ghcr.io:443 answered 403: DENIED: permission_denied: {'write' if level == 'read' else 'read'}_package"
    )
    right = "push to" if level == "read" else "pull from"
    assert who == f"The credential from GITHUB_TOKEN lacks the permission to {right} acme/apps/web."
    wanted = "write" if level == "read" else "read # write, where it publishes or promotes"
    assert hint == ["Give the job, beside the permissions it has:", "permissions:", f"  packages: {wanted}"]


@pytest.mark.parametrize("action", [name for name in RUNS if "id-token" in documented(name)])
def test_a_job_that_may_not_ask_for_a_token(shop: Shop, action: str) -> None:
    prepare(shop, action)
    grants = {name: level for name, level in documented(action).items() if name != "id-token"}
    outcome = shop.run(action, grants)
    assert outcome.code == 2
    assert error_of(outcome) == (
        "The job has no permission to ask for an identity token.\n"
        "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set.\n"
        "Give it to the job; a reusable workflow's caller must grant it too:\n"
        "permissions:\n"
        "  contents: read\n"
        "  packages: write\n"
        "  id-token: write"
    )


API = [(action, name) for action in ("promote", "rollback") for name in documented(action) if name in READS]
REFUSED = "GitHub answered 403: Resource not accessible by integration"


@pytest.mark.parametrize(("action", "name"), API)
def test_a_gate_that_may_not_ask_says_which_permission_it_lacks(shop: Shop, action: str, name: str) -> None:
    prepare(shop, action)
    before = shop.platform.registry.tags("acme/apps/web")
    outcome = shop.run(action, {key: level for key, level in documented(action).items() if key != name})
    assert outcome.code == 1
    assert shop.platform.registry.tags("acme/apps/web") == before
    commit = git(shop.platform.forge.clone.path, "rev-parse", "main" if action == "promote" else "main~1")[:12]
    said = {
        "actions": f"approvals: Who asked for this promotion is not known. Cannot read this run: {REFUSED}",
        "pull-requests": "approvals: Who wrote what is promoted is not known. "
        f"Cannot read the pull requests of commit {commit}: {REFUSED}",
        "checks": f"checks: Cannot read the checks of {commit}: {REFUSED}",
        "statuses": f"checks: Cannot read the statuses of {commit}: {REFUSED}",
    }[name]
    assert error_of(outcome) == (
        f"web was not {'promoted to' if action == 'promote' else 'rolled back in'} stable.\n"
        f"{said}\n"
        f"The token lacks `{name}: read`. Give the job, beside the permissions it has:\n"
        "permissions:\n"
        "  actions: read\n"
        "  checks: read\n"
        "  contents: read\n"
        "  pull-requests: read\n"
        "  statuses: read"
    )


def test_setup_asks_nobody_for_anything() -> None:
    assert documented("setup") == {}


def test_every_documented_permission_was_taken_away_somewhere() -> None:
    tried = {(action, name) for action, name, _ in PACKAGES} | set(API) | {(action, "contents") for action in RUNS}
    tried |= {(action, "id-token") for action in RUNS}
    assert {(action, name) for action in actions() for name in documented(action)} <= tried


FORKS = {
    "publish": {"components": "web"},
    "promote": {"components": "web", "to": "stable", "release": "v1.0.0", "plan": "../plan.json"},
}
READER = {"contents": "read", "packages": "read", "actions": "read", "pull-requests": "read", "checks": "read"}


@pytest.mark.parametrize("action", FORKS)
@pytest.mark.parametrize("author", ["mallory/apps", "acme/apps"], ids=["fork", "dependabot"])
def test_a_pull_request_without_rights_gets_its_summary(shop: Shop, action: str, author: str) -> None:
    """Its token reads and nothing else, it gets no secret, and there is no endpoint for identity tokens."""
    assert shop.run("publish").code == 0
    before = shop.platform.registry.snapshot()
    event = pull_request(shop.platform.folder, head=author)
    actor = "mallory" if author == "mallory/apps" else "dependabot[bot]"
    given = {
        "GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_ACTOR": actor, "event": str(event),
    }  # fmt: skip
    outcome = shop.run(
        action,
        {**READER, "statuses": "read"},
        **given,
        **FORKS[action],
    )
    assert outcome.code == 0, outcome.log
    assert "web" in outcome.summary
    assert outcome.outputs["moved" if action == "promote" else "pushed"] == "false"
    assert vars(shop.platform.registry)["_repositories"] == before


@pytest.mark.parametrize("secret", ["", None], ids=["empty", "not set"])
def test_a_fork_without_the_signing_key_gets_its_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], secret: str | None
) -> None:
    step = Step(make_checkout(tmp_path / "checkout"), monkeypatch, capfd)
    fork = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/7/merge"}
    fork["GITHUB_EVENT_PATH"] = str(pull_request(tmp_path, head="mallory/apps"))
    given = {"COSIGN_KEY": secret} if secret is not None else {}
    outcome = step(signing_key="env://COSIGN_KEY", **fork, **given)
    assert outcome.code == 0, outcome.log
    assert "Nobody would sign: the signing key is not given to this job." in outcome.summary
    assert outcome.outputs["pushed"] == "false"
    assert not (tmp_path / "store").exists()
    # on a branch it is an error all the same
    assert step(signing_key="env://COSIGN_KEY", **given, GITHUB_EVENT_NAME="push", GITHUB_REF=BRANCH).code == 2


def test_a_fork_that_may_not_read_the_registry_gets_its_summary(shop: Shop) -> None:
    """Its package is private, or its login is a secret."""
    assert shop.run("publish").code == 0
    event = pull_request(shop.platform.folder, head="mallory/apps")
    given = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/7/merge"}
    outcome = shop.run("publish", {"contents": "read"}, event=str(event), **given)
    assert outcome.code == 0, outcome.log
    assert outcome.outputs["pushed"] == "false"
    assert "What latest names may not be read, so it is taken as changed." in outcome.summary
    assert "Give the job, beside the permissions it has: permissions: packages: read" in outcome.log
    # what writes is refused all the same
    assert shop.run("publish", {**documented("publish"), "packages": "none"}).code == 3
