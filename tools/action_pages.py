"""The pages of the GitHub actions, made from their files: inputs, outputs, and the comment that each begins with.

That comment has three parts: `Permissions:`, the least a job needs, `Example:`, steps to paste, and `Notes:`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
_INTRO = "This page is made from `{}` by `make docs`; change the action, not the page."
_PART = re.compile(r"^(Permissions|Example|Notes):(.*)$")
_ALL = """\
# GitHub actions

| action | what it is for |
|---|---|
{rows}

Each action is one composite step: its inputs go to the core as environment variables, nothing of them is ever part of a
script, and no other action is used. Pin them to the commit of a release.

What the core needs is installed from hash-locked wheels into a private folder below `RUNNER_TEMP`, once for a job, in
about three seconds; later steps start in a third of a second. It takes Python 3.10 or newer, and neither pip nor venv.
Linux (x64, arm64, glibc and musl), macOS on arm64 and Windows x64 have wheels. Windows runs the actions that only read;
publish and promote take Linux or macOS. Rendering takes helm and kustomize.

Without PyPI, give `index-url` a mirror, or `wheelhouse` a folder or zip file of wheels; who runs the runners can set
`GITLESS_INDEX_URL` or `GITLESS_WHEELHOUSE` for all jobs. Either may be untrusted: every file is held against its hash.
A wheelhouse for one platform and Python is made by

```sh
for lock in platform uv; do
  python3 -m pip download --require-hashes --only-binary :all: --no-deps \\
    --dest wheelhouse --requirement bootstrap/requirements/$lock.txt
done
```

Nothing of the workspace or the home folder is believed on the way: no `pip.conf`, `uv.toml` or `.netrc`, no `PYTHON*`,
`PIP_*` or `UV_*` variable, no module beside the manifests, and no program on a relative entry of PATH. Proxies and
`SSL_CERT_FILE` hold.
"""


def actions(top: Path = REPOSITORY) -> dict[str, Path]:
    """The actions by their name: `publish` at the root, the others in folders."""
    found = {path.parent.name: path for path in sorted(top.glob("actions/*/action.yml"))}
    return {"publish": top / "action.yml", **found}


def pages(top: Path = REPOSITORY) -> dict[str, Callable[[], str]]:
    """The pages, by their path in the repository."""
    made = {f"docs/actions/{name}.md": partial(document_action, name, path, top) for name, path in actions(top).items()}
    return {"docs/actions/README.md": partial(document_all, top), **made}


def document_all(top: Path = REPOSITORY) -> str:
    """The page that leads to the others."""
    described = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in actions(top).items()}
    rows = [f"| [{name}]({name}.md) | {_cell(document['description'])} |" for name, document in described.items()]
    return _ALL.format(rows="\n".join(rows))


def document_action(name: str, path: Path, top: Path = REPOSITORY) -> str:
    """The page of one action.

    Raises:
        ValueError: The file's first comment lacks a part.
    """
    text = path.read_text(encoding="utf-8")
    document, parts = yaml.safe_load(text), _parts(text, path)
    intro = _INTRO.format(path.relative_to(top).as_posix())
    lines = [f"# {name}", "", intro, "", " ".join(document["description"].split()), ""]
    lines += ["```yaml", *parts["Example"], "```", "", "## Permissions", "", *_permissions(parts["Permissions"]), ""]
    lines += [*parts["Notes"], "", "## Inputs", "", *_inputs(document), "", "## Outputs", "", *_outputs(document)]
    return "\n".join(lines) + "\n"


def parts_of(path: Path) -> dict[str, list[str]]:
    """The parts of an action's first comment, line by line.

    Raises:
        ValueError: One is missing.
    """
    return _parts(path.read_text(encoding="utf-8"), path)


def _parts(text: str, path: Path) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        words = line[2:]
        if found := _PART.match(words):
            current = parts.setdefault(found[1], [found[2].strip()] if found[2].strip() else [])
        elif words.strip():
            current.append(words.removeprefix("  "))
    if missing := {"Permissions", "Example", "Notes"} - set(parts):
        raise ValueError(f"{path}: its first comment lacks {', '.join(sorted(missing))}")
    return parts


def _permissions(lines: list[str]) -> Iterator[str]:
    if lines == ["{}"]:
        yield "None."
        return
    yield from ("```yaml", "permissions:", *(f"  {line}" for line in lines), "```")


def _inputs(document: dict[str, Any]) -> Iterator[str]:
    yield from ("| input | default | meaning |", "|---|---|---|")
    for name, part in document["inputs"].items():
        default = "required" if part.get("required") else f"`{part['default']}`" if part["default"] else ""
        yield f"| `{name}` | {default} | {_cell(part['description'])} |"


def _outputs(document: dict[str, Any]) -> Iterator[str]:
    yield from ("| output | meaning |", "|---|---|")
    for name, part in document["outputs"].items():
        yield f"| `{name}` | {_cell(part['description'])} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
