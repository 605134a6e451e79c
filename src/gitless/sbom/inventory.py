"""Collects what an SBOM lists, one file at a time; keeps names and hashes, never content."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from gitless.kube.charts import SourceFinder
from gitless.kube.findings import Gap, ImageUse
from gitless.kube.images import scan_images
from gitless.kube.kustomization import FILE_NAMES, is_kustomization, local_files
from gitless.kube.nested import Placed
from gitless.kube.pointers import to_pointer
from gitless.model.tree import Entry
from gitless.sbom.facts import ContentFact, FileFact, Findings

MAX_USES = 20_000
UNPARSED = "the file was not looked into"
ENCRYPTED = "parts of the file are encrypted"
OUTSIDE = "a kustomization names a file that is not in the artifact"
TOO_MANY = "more references than can be listed"
_STRUCTURED = (".yaml", ".yml", ".json")


class Inventory:
    """Feed it every file of the tree that is packed, then ask for the findings.

    Memory grows with the number of files and references, not with the length of their content.
    """

    def __init__(self) -> None:
        self._files: dict[str, FileFact] = {}
        self._wanted: dict[str, list[tuple[str, str | None]]] = {}
        self._images: list[ImageUse] = []
        self._sources = SourceFinder()

    def add(self, entry: Entry, content: ContentFact, documents: Sequence[Any] | None) -> None:
        """Take one file.

        Args:
            entry: Path and mode; folders are ignored.
            content: Length and hashes of the bytes that are packed.
            documents: What `kube.yaml.load_documents` read from it; None for files of other formats, for files that
                were not parsed and for those that could not be.
        """
        if entry.kind != "file":
            return
        gaps: list[Gap] = []
        if documents is None:
            gaps.append(Gap(UNPARSED, entry.path))
        for document in documents or ():
            gaps += self._look(document, entry.path)
        self._files[entry.path] = FileFact(
            entry.path,
            content,
            executable=entry.executable or content.script,
            structured=entry.path.endswith(_STRUCTURED) or documents is not None,
            parsed=documents is not None,
            gaps=tuple(sorted(set(gaps))),
        )

    def add_built(self, folder: str, documents: Sequence[Any]) -> None:
        """Take what kustomize builds of an overlay in the cluster; its images count as named by the kustomization.

        Args:
            folder: The overlay's folder in the tree; empty for the root.
            documents: What was built.
        """
        paths = (posixpath.join(folder, name) for name in FILE_NAMES)
        path = next((candidate for candidate in paths if candidate in self._files), folder)
        for document in documents:
            scan = scan_images(document, path)
            self._images += scan.uses[: max(0, MAX_USES - len(self._images))]

    def findings(self) -> Findings:
        """Everything added so far, sorted; references between files are resolved here."""
        scan = self._sources.resolve()
        by_path: dict[str, list[Gap]] = {}
        for gap in scan.gaps:
            by_path.setdefault(gap.path, []).append(gap)
        files = tuple(self._finished(self._files[path], by_path.get(path, [])) for path in sorted(self._files))
        return Findings(files, tuple(sorted(set(self._images))), scan.uses)

    def _look(self, document: Any, path: str) -> Iterator[Gap]:
        if document is None:
            return
        placed = Placed(document)
        if not isinstance(document, dict):
            yield Gap(UNPARSED, path)
            return
        if "sops" in document and isinstance(document["sops"], dict):
            yield Gap(ENCRYPTED, path, "/sops", placed.label)
        scan = scan_images(document, path)
        self._images += scan.uses[: max(0, MAX_USES - len(self._images))]
        if len(self._images) >= MAX_USES:
            yield Gap(TOO_MANY, path)
        yield from scan.gaps
        self._sources.add(document, path)
        if is_kustomization(placed, path):
            wanted = self._wanted.setdefault(path, [])
            wanted += [(to_pointer(steps), text) for steps, text in local_files(document)]

    def _finished(self, file: FileFact, gaps: list[Gap]) -> FileFact:
        names: set[str] = set()
        missing = list(gaps)
        for pointer, text in self._wanted.get(file.path, ()):
            found = self._resolve(file.path, text)
            if found:
                names.add(found)
            else:
                missing.append(Gap(OUTSIDE, file.path, pointer))
        names.discard(file.path)
        return FileFact(
            file.path,
            file.content,
            file.executable,
            file.structured,
            file.parsed,
            tuple(sorted(names)),
            tuple(sorted({*file.gaps, *missing})),
        )

    def _resolve(self, path: str, text: str | None) -> str | None:
        """The file a kustomization means: the file itself, or the kustomization of a folder."""
        if not text:
            return None
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
        folder = "" if target == "." else f"{target}/"
        candidates = (target, *(f"{folder}{name}" for name in FILE_NAMES))
        return next((candidate for candidate in candidates if candidate in self._files), None)
