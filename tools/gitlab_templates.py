"""The templates of the GitLab components, as GitLab reads them: typed inputs, then the jobs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.gitlab_components import COMPONENTS, OPTIONS, REGEX, REPOSITORY, Job, description, inputs_of, version

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


def template(name: str, top: Path = REPOSITORY) -> str:
    """The template of one component."""
    component, inputs = COMPONENTS[name], inputs_of(name, top)
    lines = [
        *(f"# {line}" for line in textwrap.wrap(description(name, top), 110)),
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


def _spec(key: str, default: str | None, meaning: str) -> Iterator[str]:
    yield f"    {key}:"
    yield f"      description: {_quoted(meaning)}"
    if default in ("true", "false"):
        yield "      type: boolean"
        yield f"      default: {default}"
        return
    options = ["image", "package"] if key == "install" else OPTIONS.get(key)
    if options:
        yield f"      options: [{', '.join(_quoted(option) for option in options)}]"
    if key in REGEX:
        yield f"      regex: {REGEX[key]}"
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
