"""The example fleet as its clusters see it: ResourceSets with their inputs, expanded as the Flux Operator does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

FLEET = Path(__file__).parents[2] / "examples" / "fleet"
CLUSTERS = ("staging", "production")

Manifest = dict[str, Any]


def read(path: Path) -> list[Manifest]:
    """All documents of a file."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def cluster(name: str) -> list[Manifest]:
    """What a cluster's folder stands for: its own objects, and each ResourceSet of the tenants with its inputs."""
    folder = FLEET / "clusters" / name
    sets = []
    for given in read(folder / "tenants.yaml"):
        (shared,) = read(FLEET / "tenants" / f"{given['metadata']['name']}.yaml")
        assert given["metadata"] == shared["metadata"]
        sets.append({**shared, "spec": {**shared["spec"], **given["spec"]}})
    return [*read(folder / "flux-instance.yaml"), *sets]


def expand(documents: Iterable[Manifest]) -> Iterator[Manifest]:
    """The objects that ResourceSets make, with every input put in its place."""
    for document in documents:
        if document["kind"] != "ResourceSet":
            continue
        for inputs in document["spec"]["inputs"]:
            text = yaml.safe_dump(document["spec"]["resources"], width=10_000)
            for key, value in inputs.items():
                text = text.replace(f"<< inputs.{key} >>", value)
            assert "<<" not in text, f"an input is missing: {text[text.index('<<') :][:60]}"
            yield from yaml.safe_load(text)


def sources(documents: Iterable[Manifest]) -> dict[str, Manifest]:
    """The `spec` of every OCIRepository by its address; the cluster's own as the FluxInstance patches it."""
    found = {item["spec"]["url"]: item["spec"] for item in expand(documents) if item["kind"] == "OCIRepository"}
    for document in documents:
        if document["kind"] == "FluxInstance":
            sync = document["spec"]["sync"]
            (patch,) = document["spec"]["kustomize"]["patches"]
            source = document["metadata"]["namespace"]  # which the operator names the source after
            assert patch["target"] == {"kind": sync["kind"], "name": source}
            merged = yaml.safe_load(patch["patch"])
            assert (merged["kind"], merged["metadata"]) == (sync["kind"], {"name": source})
            found[sync["url"]] = {"ref": {"tag": sync["ref"]}, **merged["spec"]}
    return found
