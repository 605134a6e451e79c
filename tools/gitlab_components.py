"""The GitLab components, made from the GitHub actions: the same inputs, with GitLab's types, around the same core.

An input that an action gains appears in its component too; what differs between the platforms is named here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
LEFT_OUT = {
    "github-token": "the job token is there without being asked for",
    "allow-privileged-event": "GitLab has no such events",
    "wheelhouse": "an image holds everything; `install: package` takes index-url",
    "diff-tag": "the D2 push action's name for channel",
    "deployment": "GitLab's `environment:` makes the deployment",
    "provider": "the D2 push action's; it has no effect",
}
"""Inputs of the actions that components do not have, each with its reason."""
_WORDS = {
    "with id-token write": "with its ID token",
    "the job summary": "summary.md",
    "one a line": "one a line (a YAML block)",
}
OPTIONS = {
    "bump": ["", "major", "minor", "patch"],
    "policy": ["strict", "cosign", "flux"],
    "role": ["publish", "promote"],
}
REGEX = {"max-tags": "^[0-9]{0,7}$"}
_VERSION = re.compile(r'^__version__ = "([^"\n]+)"$', re.MULTILINE)
_ON_DEFAULT = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE != "schedule"'
_ON_CHANGE = '$CI_PIPELINE_SOURCE == "merge_request_event"'
_ON_SCHEDULE = '$CI_PIPELINE_SOURCE == "schedule"'
_ON_TAG = "$CI_COMMIT_TAG =~ /^v/"


@dataclass(frozen=True)
class Job:
    """One job of a component.

    Attributes:
        name: What is added to the component's job name; empty for the main one.
        signs: Whether it needs an ID token.
        environment: Whether it deploys to the input `environment`.
        group: The input that names what only one job may do at a time; empty for nothing.
        given: Variables that are not inputs.
        without: Inputs that this job does not get.
        files: Further files that it keeps.
        needs: The job it takes files from.
    """

    name: str = ""
    signs: bool = False
    environment: bool = False
    group: str = ""
    given: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    needs: str = ""


@dataclass(frozen=True)
class Component:
    """What a component adds to its action.

    Attributes:
        stage: Where its jobs run, unless told.
        rules: When they run, unless told.
        example: Inputs of the example.
        notes: Sentences for its users.
        jobs: Its jobs.
        extra: Further inputs, with default and meaning.
        without: Inputs of the action that it does not have.
    """

    stage: str
    rules: tuple[str, ...]
    example: tuple[str, ...]
    notes: tuple[str, ...]
    jobs: tuple[Job, ...]
    extra: tuple[tuple[str, str, str], ...] = ()
    without: tuple[str, ...] = ()


PLAN_FILE = "gitless-reports/plan.json"
_ENVIRONMENT = (
    "environment",
    "production",
    "The environment whose approvers let the job run; the channel's `environment`.",
)
_MOVES = "Protect the tags and the environment: whoever can run this job on them can move the channel."
COMPONENTS = {
    "publish": Component(
        "deploy",
        (f"if: '{_ON_DEFAULT}'", f"if: '{_ON_CHANGE}'"),
        ("components: backend frontend",),
        (
            "Merge requests are a dry run; summary.md shows what would be published.",
            "Flux trusts the pipeline: https://gitlab.com/GROUP/PROJECT//.gitlab-ci.yml@refs/heads/main.",
            "The CI configuration must lie in the project itself, else GitLab's token lacks what Fulcio asks for.",
        ),
        (Job(signs=True, group="gitless-publish"),),
    ),
    "promote": Component(
        "deploy",
        (f"if: {_ON_TAG}",),
        ("components: web", "to: stable", "release: $CI_COMMIT_TAG"),
        (
            "Two jobs: the first judges every gate but the approvals and signs nothing; the second waits for the",
            "environment's approvers and does what that plan says, nothing else.",
            _MOVES,
        ),
        (
            Job("-plan", given=(("PLAN", PLAN_FILE),), files=(PLAN_FILE,)),
            Job(
                signs=True,
                environment=True,
                group="gitless-$[[ inputs.to ]]",
                given=(("PLANNED", PLAN_FILE),),
                without=("from", "digest", "from-source", "bump"),
                needs="-plan",
            ),
        ),
        (_ENVIRONMENT,),
        ("plan", "planned"),
    ),
    "rollback": Component(
        "deploy",
        (f"if: {_ON_TAG}\n          when: manual\n          allow_failure: true",),
        ("components: web", "channel: stable", "to: $CI_COMMIT_TAG", "reason: $REASON"),
        (
            "Started by hand in the pipeline of the tag to go back to, with the variable REASON.",
            "Signature, identity and approvals hold; the next promotion would bring back what was left, unless",
            "`withdraw` is true.",
            _MOVES,
        ),
        (Job(signs=True, environment=True, group="gitless-$[[ inputs.channel ]]"),),
        (_ENVIRONMENT,),
        ("plan", "planned"),
    ),
    "verify": Component(
        "test",
        (f"if: '{_ON_SCHEDULE}'",),
        ("references: registry.gitlab.com/group/project/web:latest", "config: gitless.yaml"),
        (
            "Somebody must be trusted: `key`, `certificate-identity` with `certificate-oidc-issuer`, or `config`.",
            "The job fails when one reference does not verify; the test report shows every numbered check.",
        ),
        (Job(),),
    ),
    "history": Component(
        "test",
        (f"if: '{_ON_SCHEDULE}'",),
        ("component: web", "html: gitless-reports/history/index.html"),
        ("Every record is verified; the job fails where one does not verify or is missing.",),
        (Job(),),
    ),
    "audit": Component(
        "test",
        (f"if: '{_ON_SCHEDULE}'",),
        ("expect: audit-memory.json",),
        (
            "Run it on a schedule, in a project that those who publish cannot write to.",
            "`expect` remembers outside of the registry what was last seen: only so does it show when a registry is",
            "rolled back as a whole. Keep the file, by a commit or a cache.",
        ),
        (Job(),),
        (
            (
                "keep",
                "gitless-reports/audit/",
                "A file or folder to keep as an artifact too: that of `expect` or `export`.",
            ),
        ),
    ),
}


def components(top: Path = REPOSITORY) -> dict[str, Path]:
    """The components by their name."""
    return {name: top / "templates" / name / "template.yml" for name in COMPONENTS}


def version(top: Path = REPOSITORY) -> str:
    """The version of this tree, which image and package are pinned to."""
    found = _VERSION.search((top / "src" / "gitless" / "__init__.py").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def _action(name: str, top: Path) -> dict[str, Any]:
    path = top / "action.yml" if name == "publish" else top / "actions" / name / "action.yml"
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def description(name: str, top: Path) -> str:
    """What the component is for, in a sentence."""
    return str(_action(name, top)["description"]).strip()


def inputs_of(name: str, top: Path) -> list[tuple[str, str | None, str]]:
    """The inputs: name, default (None where one is needed) and meaning."""
    component, number = COMPONENTS[name], version(top)
    found: list[tuple[str, str | None, str]] = []
    for key, part in _action(name, top)["inputs"].items():
        if key in LEFT_OUT or key in component.without or key == "index-url":
            continue
        found.append((key, None if part["required"] else part["default"], _reworded(part["description"])))
    if any(job.signs for job in component.jobs):
        found.append(("audience", "sigstore", "Whom the job's ID token is for; that of the Sigstore instance."))
    return [
        *found,
        *component.extra,
        ("job", f"gitless-{name}", "The job's name."),
        ("stage", component.stage, "The job's stage."),
        ("image", f"ghcr.io/OWNER/gitless:{number}", "The image, which holds gitless, helm and kustomize."),
        (
            "install",
            "image",
            "Where gitless comes from; `package` installs gitless and its locked set into any image with Python.",
        ),
        ("index-url", "", "With `install: package`, the package index; PyPI when empty."),
        ("expire-in", "30 days", "How long GitLab keeps the reports."),
    ]


def _reworded(text: str) -> str:
    text = " ".join(text.split()).replace(", true or false", "")
    for old, new in _WORDS.items():
        text = text.replace(old, new)
    return text
