"""Finds the container images that objects name, and says where it cannot tell.

In the order of trust: pod specs, rules for known kinds, annotations, and whatever looks like an image elsewhere
(an `image` key, Helm values, a `RELATED_IMAGE_…` variable, an `--…image=` argument, YAML inside a ConfigMap).
Nothing is rendered, substituted or fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitless.kube.findings import Confidence, Gap, ImageScan, ImageUse
from gitless.kube.image_reference import MAX_REFERENCE, ImageReference
from gitless.kube.kinds import is_known, is_operated, kind_rules, names_images, pod_rules
from gitless.kube.kustomization import image_overrides, is_kustomization
from gitless.kube.nested import Placed, inner_field, placed_objects
from gitless.kube.objects import KubeObject
from gitless.kube.pointers import MAX_DEPTH, Steps, children, select, text_at, to_pointer
from gitless.kube.values import image_of_values, is_values_image

_SUBSTITUTED = re.compile(r"\$\{|\{\{|<<\s")
_ANNOTATIONS = ("helm.sh/images", "artifacthub.io/images")
_IMAGE_LINE = re.compile(r"""^[ \t-]{0,80}["']?image["']?:[ \t]{1,8}["']?([^\s"'#,}]{1,512})["']?""", re.MULTILINE)
_ARGUMENT = re.compile(r"--[a-z0-9-]{0,60}image[a-z0-9-]{0,60}=(\S{1,512})")
_VARIABLE = re.compile(r"RELATED_IMAGE_\w{0,200}|\w{0,200}_IMAGE")
_TEXT_LIMIT = 1024 * 1024  # bytes a ConfigMap may hold
_LIST_FIELDS = ("args", "command")


def find_images(obj: KubeObject) -> list[ImageUse]:
    """The images an object names; what could not be told is in `scan_images`."""
    return list(scan_images(obj.document, obj.path).uses)


def scan_images(document: Any, path: str) -> ImageScan:
    """Look through one document, and through the objects inside it.

    Args:
        document: What the loader made of it; any type.
        path: The file it stands in.

    Returns:
        Every use once, in document order by trust, and the gaps.
    """
    uses: list[ImageUse] = []
    gaps: list[Gap] = []
    for placed in placed_objects(document):
        scan = _Scan(placed, path)
        scan.run()
        uses += scan.uses
        gaps += scan.gaps
    return ImageScan(tuple(uses), tuple(gaps))


class _Scan:
    """The search through one object."""

    def __init__(self, placed: Placed, path: str) -> None:
        self._placed = placed
        self._path = path
        self._seen: set[Steps] = set()
        self._is_test = _is_test_hook(placed.document)
        self.uses: list[ImageUse] = []
        self.gaps: list[Gap] = []

    def run(self) -> None:
        placed = self._placed
        key = (placed.group, placed.kind)
        if not names_images(*key):
            return
        self._judge_kind(*key)
        self._by_rules(pod_rules(*key), "podspec")
        self._by_rules(kind_rules(*key), "rule")
        self._overrides()
        self._annotations()
        self._elsewhere()

    def _overrides(self) -> None:
        field = _override_field(self._placed, self._path)
        for steps, text in image_overrides(self._placed.document, field) if field else ():
            self._take(text, "rule", (*self._placed.steps, *steps), sure=True)

    def _by_rules(self, rules: tuple[Steps, ...], confidence: Confidence) -> None:
        for rule in rules:
            for steps, value in select(self._placed.document, rule, self._placed.steps):
                self._take(value, confidence, steps, sure=True)

    def _judge_kind(self, group: str, kind: str) -> None:
        if not kind:
            return
        if not is_known(group, kind):
            self._gap("objects of this kind are not known and may name images anywhere")
        elif is_operated(group, kind):
            self._gap("an operator chooses further images for this object")
        if text_at(self._placed.document, "spec", "resourcesTemplate"):
            self._gap("a template makes objects in the cluster")

    def _annotations(self) -> None:
        document = self._placed.document
        # Chart.yaml keeps annotations at its root
        for root in (("metadata", "annotations"), ("annotations",)):
            for name in _ANNOTATIONS:
                text = text_at(document, *root, name)
                for match in _IMAGE_LINE.finditer(text[:_TEXT_LIMIT]):
                    self._take_text(match[1], "annotation", (*self._placed.steps, *root, name))

    def _elsewhere(self) -> None:
        values = self._placed.kind in ("", "HelmRelease")
        for steps, value in self._own_places():
            if isinstance(value, dict):
                self._mapping(steps, value, values)
            elif steps and isinstance(value, list) and steps[-1] in _LIST_FIELDS:
                self._arguments(steps, value)
        if self._placed.kind == "ConfigMap":
            self._config_map()

    def _own_places(self) -> Iterator[tuple[Steps, Any]]:
        """Every place of this object that is not another object's."""
        inner = inner_field(self._placed)
        field = (*self._placed.steps, *inner)
        stack: list[tuple[Steps, Any]] = [(self._placed.steps, self._placed.document)]
        while stack:
            steps, value = stack.pop()
            if (inner and steps == field) or len(steps) > MAX_DEPTH:
                continue
            yield steps, value
            stack.extend(((*steps, step), child) for step, child in reversed(list(children(value))))

    def _mapping(self, steps: Steps, value: dict[Any, Any], values: bool) -> None:
        name, content = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(content, str) and _VARIABLE.fullmatch(name[:256]):
            self._take_text(content, "pattern", (*steps, "value"))
        for key, child in value.items():
            place = (*steps, str(key))
            if values and is_values_image(key, child):
                self._take_values(child, place)
            elif key == "image":
                self._take(child, "pattern", place, sure=False)

    def _arguments(self, steps: Steps, items: list[Any]) -> None:
        for index, item in enumerate(items):
            match = _ARGUMENT.fullmatch(item) if isinstance(item, str) and len(item) < 1024 else None
            if match:
                self._take_text(match[1], "pattern", (*steps, str(index)))

    def _config_map(self) -> None:
        for steps, value in select(self._placed.document, ("data", "*"), self._placed.steps):
            if isinstance(value, str):
                for match in _IMAGE_LINE.finditer(value[:_TEXT_LIMIT]):
                    self._take_text(match[1], "pattern", steps)

    def _take_values(self, value: dict[Any, Any], steps: Steps) -> None:
        text = image_of_values(value)
        if text is None:
            self._gap("an image in Helm values is not written as text", steps)
        else:
            self._take(text, "pattern", steps, sure=True)

    def _take_text(self, text: str, confidence: Confidence, steps: Steps) -> None:
        """Take text that only looks like an image; several may stand at one place."""
        image = ImageReference.parse(text)
        if image and any(mark in text for mark in "/:@"):
            self._use(image, confidence, steps)
        elif _SUBSTITUTED.search(text[:MAX_REFERENCE]):
            self._gap("an image is substituted when it is applied", steps)

    def _take(self, value: Any, confidence: Confidence, steps: Steps, *, sure: bool) -> None:
        if steps in self._seen:
            return
        self._seen.add(steps)
        image = ImageReference.parse(value)
        if image:
            self._use(image, confidence, steps)
        elif isinstance(value, str) and _SUBSTITUTED.search(value[: 4 * MAX_REFERENCE]):
            self._gap("an image is substituted when it is applied", steps)
        elif sure:
            self._gap("what stands in the place of an image is no image reference", steps)

    def _use(self, image: ImageReference, confidence: Confidence, steps: Steps) -> None:
        place = (self._path, to_pointer(steps), self._placed.label)
        self.uses.append(ImageUse(image, confidence, *place, is_test=self._is_test))

    def _gap(self, reason: str, steps: Steps | None = None) -> None:
        pointer = to_pointer(self._placed.steps if steps is None else steps)
        self.gaps.append(Gap(reason, self._path, pointer, self._placed.label))


def _override_field(placed: Placed, path: str) -> Steps:
    """Where the object sets other objects' images, as kustomize does; empty for objects that do not."""
    if is_kustomization(placed, path):
        return ("images",)
    flux = (placed.group, placed.kind) == ("kustomize.toolkit.fluxcd.io", "Kustomization")
    return ("spec", "images") if flux else ()


def _is_test_hook(document: Any) -> bool:
    hooks = text_at(document, "metadata", "annotations", "helm.sh/hook")[:256].split(",")
    return any(hook.strip() in ("test", "test-success", "test-failure") for hook in hooks)
