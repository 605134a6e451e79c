"""Patches in files of their own: only the kustomization that names them says which kind of object they write to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice
from typing import Any

from gitless.checks.embedded import Embedded
from gitless.checks.patches import TARGETS, is_json_patch, patches_in
from gitless.checks.plaintext import written_by
from gitless.kube.pointers import to_pointer
from gitless.kube.yaml import Document
from gitless.model.finding import Finding

_MAX_FOUND = 50
_MAX_USES = 10_000


class PatchFiles:
    """Keeps, for each file that may be a patch, what it would show for each kind of target; never content."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], list[Finding]] = {}
        self._uses: dict[tuple[str, str], None] = {}

    def judge(self, path: str, document: Document, reader: Embedded) -> list[Finding]:
        """Judge a document as a patch whose target is not known, and note what it would show for the others."""
        if not _may_be_patch(document.value):
            return []
        sure = list(islice(_findings(path, document, "", reader), _MAX_FOUND)) if is_json_patch(document.value) else []
        for target in TARGETS:
            known = self._shown.get((path, target), [])
            shown = islice(_findings(path, document, target, reader), _MAX_FOUND - len(known))
            if new := [finding for finding in shown if finding not in sure]:
                self._shown[path, target] = known + new
        return sure

    def note(self, kustomization: Any, path: str, reader: Embedded) -> None:
        """Note the patch files that a kustomization names, and what it patches with them."""
        for patch in patches_in(kustomization, reader):
            if patch.file and patch.target and len(self._uses) < _MAX_USES:
                name = posixpath.normpath(posixpath.join(posixpath.dirname(path), patch.file))
                self._uses[name, patch.target] = None

    def findings(self) -> Iterator[Finding]:
        """Yield what the files that are named show, given their targets."""
        for use in self._uses:
            yield from self._shown.get(use, ())


def _may_be_patch(document: Any) -> bool:
    """A list of operations, or an object with data whose kind does not say what the data is."""
    if isinstance(document, dict):
        return "data" in document and document.get("kind") not in ("Secret", "ConfigMap")
    return is_json_patch(document)


def _findings(path: str, document: Document, target: str, reader: Embedded) -> Iterator[Finding]:
    for rule, steps, message in written_by(document.value, target, reader):
        yield Finding(rule, path, document.line, "", to_pointer(steps), message)
