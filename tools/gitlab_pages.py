"""The pages of the GitLab components, and every file that is made from the actions for GitLab."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.gitlab_components import COMPONENTS, REPOSITORY, description, inputs_of, version
from tools.gitlab_templates import template

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


def pages(top: Path = REPOSITORY) -> dict[str, Callable[[], str]]:
    """The templates and their pages, by their path in the repository."""
    made: dict[str, Callable[[], str]] = {"docs/components/README.md": partial(document_all, top)}
    for name in COMPONENTS:
        made[f"templates/{name}/template.yml"] = partial(template, name, top)
        made[f"docs/components/{name}.md"] = partial(document, name, top)
    return made


def document_all(top: Path = REPOSITORY) -> str:
    """The page that leads to the others."""
    rows = [f"| [{name}]({name}.md) | {' '.join(description(name, top).split())} |" for name in COMPONENTS]
    return _ALL.format(rows="\n".join(rows))


def document(name: str, top: Path = REPOSITORY) -> str:
    """The page of one component."""
    component = COMPONENTS[name]
    lines = [
        f"# {name}",
        "",
        f"This page and `templates/{name}/template.yml` are made from the action by `make docs`.",
        "",
        description(name, top),
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
    for key, default, meaning in inputs_of(name, top):
        kind = "boolean" if default in ("true", "false") else "string"
        shown = "required" if default is None else f"`{default}`" if default else ""
        lines.append(f"| `{key}` | {kind} | {shown} | {meaning.replace('|', chr(92) + '|')} |")
    rules = "; ".join(f"`{' '.join(rule.split())}`" for rule in component.rules)
    lines.append(f"| `rules` | array | {rules} | When the job runs. |")
    return "\n".join(lines) + "\n"
