"""What GitLab's components must hold before a release: `python tools/house/templates.py`, in the mirror project.

GitLab refuses some of this itself, but only where the components are used.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
MOST = 30  # components that one project may have
_GLOBAL = ("default", "image", "services", "cache", "before_script", "after_script", "workflow")
_SCRIPTS = ("before_script", "script", "after_script")
_INPUT = re.compile(r"\$\[\[\s*inputs\.")
_BY_TAG = re.compile(r":latest\b")


def faults(text: str) -> list[str]:
    """What is wrong with one template.

    Args:
        text: The file: a document with `spec:`, and one with the jobs.
    """
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        return [f"It is no YAML: {' '.join(str(error).split())}."]
    if len(documents) != 2 or not all(isinstance(document, dict) for document in documents):
        return ["It must be two documents: spec: with the inputs, then the jobs."]
    return [*_in_spec(documents[0]), *_in_jobs(documents[1])]


def _in_spec(spec: dict[str, Any]) -> Iterator[str]:
    inputs = (spec.get("spec") or {}).get("inputs") or {}
    if not inputs:
        yield "It has no inputs."
    for name, declared in inputs.items():
        if not (declared or {}).get("description"):
            yield f"The input {name} has no description."


def _in_jobs(jobs: dict[str, Any]) -> Iterator[str]:
    yield from (f"It sets {name!r} for the whole pipeline that includes it." for name in _GLOBAL if name in jobs)
    for name, job in jobs.items():
        if not isinstance(job, dict):
            continue
        for key in _SCRIPTS:
            # an input is text of somebody else's: it goes through `variables:`, never into the shell's own text
            if _INPUT.search(yaml.safe_dump(job.get(key, ""))):
                yield f"{name} has an input in its {key}."
        if _BY_TAG.search(yaml.safe_dump(job.get("image", ""))):
            yield f"{name} takes an image that moves."


def main(top: Path = REPOSITORY) -> int:
    """Judge all templates; 1 where one has a fault, or there is none."""
    paths = sorted([*top.glob("templates/*/template.yml"), *top.glob("templates/*.yml")])
    texts = {path.relative_to(top): path.read_text(encoding="utf-8") for path in paths}
    found = [f"{name}: {fault}" for name, text in texts.items() for fault in faults(text)]
    if not 1 <= len(paths) <= MOST:
        found.append(f"templates: there are {len(paths)}; a project has 1 to {MOST}.")
    lacking = [name for name in ("README.md", "LICENSE") if not (top / name).is_file()]
    found += [f"{name}: missing, and the catalog asks for it." for name in lacking]
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(paths)} templates, {len(found)} faults")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
