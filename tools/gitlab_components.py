"""The GitLab components, made from the GitHub actions: the same inputs, with GitLab's types, around the same core.

An input that an action gains appears in its component too; what differs between the platforms is named here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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
_OPTIONS = {
    "bump": ["", "major", "minor", "patch"],
    "policy": ["strict", "cosign", "flux"],
    "role": ["publish", "promote"],
}
_REGEX = {"max-tags": "^[0-9]{0,7}$"}
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
_INSTALL = r"""
      set -eu
      set -- gitless
      if [ "$GITLESS_INSTALL" = package ]; then
        place=$(mktemp -d)
        python3 -I -m venv "$place/venv"
        if [ -n "$GITLESS_INDEX" ]; then printf -- '--index-url %s\n' "$GITLESS_INDEX"; fi >"$place/index.txt"
        { cat "$place/index.txt"; printf '%s\n' "$GITLESS_PACKAGE"; } >"$place/gitless.txt"
        pip() {
          "$place/venv/bin/python" -I -m pip --isolated --quiet --no-input install --no-deps --only-binary :all: "$@"
        }
        pip --requirement "$place/gitless.txt"
        lock=$("$place/venv/bin/python" -I -c 'import gitless; print(gitless.__path__[0] + "/locked/platform.txt")')
        pip --require-hashes --requirement "$place/index.txt" --requirement "$lock"
        set -- "$place/venv/bin/python" -I -m gitless
      fi
      "$@" action """


def components(top: Path = REPOSITORY) -> dict[str, Path]:
    """The components by their name."""
    return {name: top / "templates" / name / "template.yml" for name in COMPONENTS}


def pages(top: Path = REPOSITORY) -> dict[str, Callable[[], str]]:
    """The templates and their pages, by their path in the repository."""
    made: dict[str, Callable[[], str]] = {"docs/components/README.md": partial(document_all, top)}
    for name in COMPONENTS:
        made[f"templates/{name}/template.yml"] = partial(template, name, top)
        made[f"docs/components/{name}.md"] = partial(document, name, top)
    return made


def template(name: str, top: Path = REPOSITORY) -> str:
    """The template of one component."""
    component, inputs = COMPONENTS[name], _inputs(name, top)
    lines = [
        *(f"# {line}" for line in textwrap.wrap(_description(name, top), 110)),
        "# Made from the action of the same name by `make docs`; change tools/gitlab_components.py, not this file.",
        *(f"# {note}" for note in component.notes),
        "spec:",
        "  inputs:",
    ]
    for entry in inputs:
        lines += _spec(*entry)
    lines += ["    rules:", "      description: When the job runs.", "      type: array", "      default:"]
    lines += [f"        - {rule}" for rule in component.rules]
    lines.append("---")
    names = [entry[0] for entry in inputs]
    for job in component.jobs:
        lines += _job(name, job, names)
    return "\n".join(lines) + "\n"


def version(top: Path = REPOSITORY) -> str:
    """The version of this tree, which image and package are pinned to."""
    found = _VERSION.search((top / "src" / "gitless" / "__init__.py").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def _action(name: str, top: Path) -> dict[str, Any]:
    path = top / "action.yml" if name == "publish" else top / "actions" / name / "action.yml"
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _description(name: str, top: Path) -> str:
    return str(_action(name, top)["description"]).strip()


def _inputs(name: str, top: Path) -> list[tuple[str, str | None, str]]:
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


def _spec(key: str, default: str | None, meaning: str) -> Iterator[str]:
    yield f"    {key}:"
    yield f"      description: {_quoted(meaning)}"
    if default in ("true", "false"):
        yield "      type: boolean"
        yield f"      default: {default}"
        return
    options = ["image", "package"] if key == "install" else _OPTIONS.get(key)
    if options:
        yield f"      options: [{', '.join(_quoted(option) for option in options)}]"
    if key in _REGEX:
        yield f"      regex: {_REGEX[key]}"
    if default is not None:
        yield f"      default: {_quoted(default)}"


def _quoted(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9 .,;`/_:-]*", text) and ": " not in text and not text.endswith(":")
    return text if plain else "'" + text.replace("'", "''") + "'"


def _job(name: str, job: Job, inputs: Sequence[str]) -> Iterator[str]:
    yield f'"$[[ inputs.job ]]{job.name}":'
    yield from ("  stage: $[[ inputs.stage ]]", "  image: $[[ inputs.image ]]", "  rules: $[[ inputs.rules ]]")
    if job.needs:
        yield f'  needs: ["$[[ inputs.job ]]{job.needs}"]'
    if job.environment:
        yield from ("  environment:", "    name: $[[ inputs.environment ]]")
    if job.group:
        yield f"  resource_group: {job.group} # one at a time"
    if job.signs:
        yield from ("  id_tokens:", "    SIGSTORE_ID_TOKEN:", "      aud: $[[ inputs.audience ]]")
    yield from _variables(name, job, inputs)
    yield "  script:"
    yield f"    - |{_INSTALL}{name}"
    yield from _artifacts(name, job)


def _variables(name: str, job: Job, inputs: Sequence[str]) -> Iterator[str]:
    kept = {"environment", "job", "stage", "image", "install", "index-url", "expire-in", "audience", "keep"}
    yield from ("  variables:", '    GIT_DEPTH: "0" # what has changed is asked of the history')
    yield "    GITLESS_INSTALL: $[[ inputs.install ]]"
    yield "    GITLESS_PACKAGE: gitless-gitops==" + version()
    yield "    GITLESS_INDEX: $[[ inputs.index-url ]]"
    for key in inputs:
        if key not in kept and key not in job.without:
            # the blank makes a text of what GitLab would keep as true or false, which no variable may be
            yield f'    GITLESS_INPUT_{key.upper().replace("-", "_")}: "$[[ inputs.{key} ]] "'
    for key, value in job.given:
        yield f"    GITLESS_INPUT_{key}: {value}"


def _artifacts(name: str, job: Job) -> Iterator[str]:
    folder = f"gitless-reports/{name}"
    yield from (
        "  artifacts:",
        "    when: always",
        f"    name: gitless-{name}",
        f"    expose_as: gitless {name}{job.name.replace('-', ' ')}",
    )
    yield from ("    expire_in: $[[ inputs.expire-in ]]", "    paths:", f"      - {folder}/")
    yield from (f"      - {path}" for path in job.files)
    if name == "audit":
        yield "      - $[[ inputs.keep ]]"
    yield from ("    reports:", f"      dotenv: {folder}/outputs.env", f"      junit: {folder}/junit.xml")
    yield from (f"      codequality: {folder}/code-quality.json", f"      annotations: {folder}/links.json")


_ALL = """\
# GitLab components

| component | what it is for |
|---|---|
{rows}

A component is a template with typed inputs: its jobs hand them to gitless as variables, and nothing of them is ever
part of a script. gitless itself comes in the image of the same version, or, with `install: package`, from a package
index: gitless by its version, and everything below it by the hashes of the set that is locked in that version.

Components resolve on their own instance only. On GitLab.com include them from the catalog; elsewhere mirror the
project, or include a template of a release by its address and hash ([steps](../gitlab-house.md)).

Each job keeps `gitless-reports/<verb>/` and takes no token for it:

| file | where GitLab shows it |
|---|---|
| `summary.md` | linked from the merge request (`expose_as`) and from the job's page |
| `junit.xml` | gates, checks and findings as tests: merge request and pipeline |
| `code-quality.json` | what checks found, at its file and line: merge request |
| `links.json` | links on the job's page |
| `outputs.env` | variables of later jobs, as `GITLESS_PUBLISH_DIGEST`; `IMAGE_DIGEST` for GitLab's own provenance |
| `result.json` | the whole result |

Variables of the project, of the group and of earlier jobs' `dotenv` reports win over a component's inputs, as
everywhere in GitLab: whoever may set them may also set `GITLESS_INPUT_…`. Rules that must hold stand in `gitless.yaml`
on the protected default branch.
"""


def document_all(top: Path = REPOSITORY) -> str:
    """The page that leads to the others."""
    rows = [f"| [{name}]({name}.md) | {' '.join(_description(name, top).split())} |" for name in COMPONENTS]
    return _ALL.format(rows="\n".join(rows))


def document(name: str, top: Path = REPOSITORY) -> str:
    """The page of one component."""
    component = COMPONENTS[name]
    lines = [
        f"# {name}",
        "",
        f"This page and `templates/{name}/template.yml` are made from the action by `make docs`.",
        "",
        _description(name, top),
        "",
        "```yaml",
        "include:",
        f"  - component: $CI_SERVER_FQDN/OWNER/gitless/{name}@v{version(top)}",
        "    inputs:",
        *(f"      {line}" for line in component.example),
        "```",
        "",
        *component.notes,
        "",
        "## Inputs",
        "",
        "| input | type | default | meaning |",
        "|---|---|---|---|",
    ]
    for key, default, meaning in _inputs(name, top):
        kind = "boolean" if default in ("true", "false") else "string"
        shown = "required" if default is None else f"`{default}`" if default else ""
        lines.append(f"| `{key}` | {kind} | {shown} | {meaning.replace('|', chr(92) + '|')} |")
    rules = "; ".join(f"`{' '.join(rule.split())}`" for rule in component.rules)
    lines.append(f"| `rules` | array | {rules} | When the job runs. |")
    return "\n".join(lines) + "\n"
