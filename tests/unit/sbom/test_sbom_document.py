from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import CASES, needs_cases

from gitless.errors import DefectError, UsageError
from gitless.kube.findings import ImageUse
from gitless.kube.image_reference import ImageReference
from gitless.kube.sources import SourceReference
from gitless.kube.yaml import load_documents
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.reference import Location
from gitless.model.revision import Source
from gitless.model.tree import Entry
from gitless.sbom.document import MAX_SBOM_BYTES, build_sbom
from gitless.sbom.facts import (
    ArtifactFact,
    ChartFact,
    ContentFact,
    FileFact,
    Findings,
    Party,
    SbomInput,
    SbomSettings,
    ToolFact,
)
from gitless.sbom.inventory import Inventory
from gitless.sbom.validation import check_sbom

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "sbom"
COMMIT = "2f" * 20
IMAGE = "sha256:" + "c3" * 32
OWNER = SbomSettings(
    supplier=Party("ACME Platform", "platform@acme.example", "https://acme.example"),
    author=Party("ACME Platform Team", "platform@acme.example"),
    license="Apache-2.0",
    data_license="CC0-1.0",
)
BASE = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    spec:
      initContainers: [{{name: wait, image: busybox:1.36}}]
      containers: [{{name: web, image: "ghcr.io/acme/web:1.4.2@{IMAGE}"}}]
"""
RELEASE = """apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: cache}
spec: {url: oci://ghcr.io/acme/charts/cache, ref: {semver: 2.0.1}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cache}
spec: {chartRef: {kind: OCIRepository, name: cache}, values: {image: {repository: acme/cache}}}
"""
TREE = {
    "base/kustomization.yaml": "resources: [web.yaml, cache.yaml]\n",
    "base/web.yaml": BASE,
    "base/cache.yaml": RELEASE,
    "production/kustomization.yaml": "resources: [../base]\nimages: [{name: busybox, newTag: '1.37'}]\n",
    "README.md": "Words.\n",
    "custom.yaml": "apiVersion: acme.example/v1\nkind: Thing\nspec: {image: quay.io/acme/thing:latest}\n",
}


def artifact(**changes: Any) -> ArtifactFact:
    source = Source(
        "https://github.com/acme/apps", f"main@sha1:{COMMIT}", datetime(2026, 11, 20, 10, tzinfo=timezone.utc), COMMIT
    )
    facts = ArtifactFact(
        "web",
        Location.parse("ghcr.io/acme/apps/web"),
        Digest("a1" * 32),
        Descriptor("application/vnd.cncf.flux.content.v1.tar+gzip", Digest("b2" * 32), 100),
        "47" * 64,
        source,
        "components/web",
    )
    return replace(facts, **changes)


def collect(tree: dict[str, str], shuffle: int | None = None) -> Findings:
    inventory = Inventory()
    paths = list(tree)
    if shuffle is not None:
        random.Random(shuffle).shuffle(paths)
    for path in paths:
        content = tree[path].encode()
        documents = load_documents(content, what=path) if path.endswith((".yaml", ".json")) else None
        inventory.add(Entry(path, "file"), ContentFact.of(content), documents)
    return inventory.findings()


def facts(tree: dict[str, str] | None = None, **changes: Any) -> SbomInput:
    tools = (ToolFact("gitless", "0.1.0"), ToolFact("helm", "3.22.0", "d4" * 32))
    return replace(SbomInput(artifact(), collect(TREE if tree is None else tree), OWNER, tools), **changes)


def made(given_facts: SbomInput) -> dict[str, Any]:
    content = build_sbom(given_facts)
    assert check_sbom(content) == []
    result: dict[str, Any] = json.loads(content)
    return result


def component(document: dict[str, Any], ref: str) -> dict[str, Any]:
    (found,) = [item for item in document["components"] if item["bom-ref"].startswith(ref)]
    return dict(found)


def aggregate(document: dict[str, Any], ref: str) -> str:
    (found,) = [
        group["aggregate"]
        for group in document["compositions"]
        if any(x.startswith(ref) for x in group["dependencies"])
    ]
    return str(found)


def targets(document: dict[str, Any], ref: str) -> list[str]:
    (found,) = [entry.get("dependsOn", []) for entry in document["dependencies"] if entry["ref"].startswith(ref)]
    return list(found)


@pytest.mark.parametrize("profile", ["deployment", "delivery"])
def test_golden_documents(profile: Any) -> None:
    content = build_sbom(facts(settings=replace(OWNER, profile=profile)))
    golden = GOLDEN / f"web-{profile}.cdx.json"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_bytes(content)
    assert content == golden.read_bytes()
    assert check_sbom(content) == []


def test_shuffled_files_give_the_same_bytes() -> None:
    expected = build_sbom(facts())
    assert all(build_sbom(facts(findings=collect(TREE, seed))) == expected for seed in range(5))


@pytest.mark.parametrize("seed", ["1", "2", "random"])
def test_another_hash_seed_time_zone_and_locale_give_the_same_bytes(seed: str) -> None:
    program = "import sys; sys.path[:0] = sys.argv[1:]; import test_sbom_document as t; sys.stdout.buffer.write(t.build_sbom(t.facts()))"
    environment = {"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": os.environ.get("PATH", "")}
    run = subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent)], env=environment, capture_output=True, check=True
    )
    assert run.stdout == build_sbom(facts())


def test_the_serial_number_follows_the_content() -> None:
    first, second = made(facts()), made(facts(tools=(ToolFact("gitless", "0.2.0"),)))
    assert first["serialNumber"] == made(facts())["serialNumber"] != second["serialNumber"]


def test_the_timestamp_is_the_commit_time() -> None:
    assert made(facts())["metadata"]["timestamp"] == "2026-11-20T10:00:00Z"


def test_images_are_identified_and_nothing_more() -> None:
    document = made(facts())
    pinned = component(document, f"pkg:oci/web@{IMAGE}")
    assert pinned["purl"] == f"pkg:oci/web@{IMAGE}?repository_url=ghcr.io/acme/web&tag=1.4.2"
    assert pinned["hashes"] == [{"alg": "SHA-256", "content": "c3" * 32}]
    assert pinned["evidence"]["occurrences"] == [
        {
            "location": "base/web.yaml",
            "symbol": "apps/v1/Deployment/shop/web",
            "additionalContext": "podspec /spec/template/spec/containers/0/image",
        }
    ]
    tagged = component(document, "pkg:oci/busybox?repository_url=docker.io/library/busybox&tag=1.36")
    assert (tagged["version"], tagged["group"]) == ("1.36", "docker.io/library")
    assert not {"hashes", "licenses", "manufacturer", "supplier"} & tagged.keys()
    moving = component(document, "pkg:oci/thing")
    assert "version" not in moving
    assert moving["properties"] == [{"name": "gitless:confidence", "value": "pattern"}]


def test_compositions_say_what_is_known() -> None:
    document = made(facts())
    expected = {
        "file:base/web.yaml": "complete",
        "file:base/cache.yaml": "complete",
        "file:base/kustomization.yaml": "complete",
        "file:README.md": "unknown",
        "file:custom.yaml": "unknown",
        "pkg:oci/cache?": "unknown",
        "pkg:oci/busybox?repository_url=docker.io/library/busybox&tag=1.36": "unknown",
        f"pkg:oci/web@sha256:{'a1' * 32}": "complete",
    }
    assert {ref: aggregate(document, ref) for ref in list(expected)[:5]} == dict(list(expected.items())[:5])
    assert all(group["dependencies"] for group in document["compositions"])  # never the global claim
    assert targets(document, "file:base/kustomization.yaml") == ["file:base/cache.yaml", "file:base/web.yaml"]
    assert targets(document, "file:production/kustomization.yaml")[0] == "file:base/kustomization.yaml"


def test_delivery_leaves_images_out_and_says_so() -> None:
    document = made(facts(settings=replace(OWNER, profile="delivery")))
    assert {item["type"] for item in document["components"]} == {"file"}
    assert aggregate(document, "file:base/web.yaml") == "incomplete"
    assert aggregate(document, "file:base/kustomization.yaml") == "complete"
    assert aggregate(document, "file:README.md") == "unknown"


def test_both_profiles_are_the_same_where_nothing_is_outside() -> None:
    tree = {"a.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"}
    assert build_sbom(facts(tree)) == build_sbom(facts(tree, settings=replace(OWNER, profile="delivery")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resources: [gone.yaml]", "unknown"),
        ("resources: [.]", "complete"),
        ("a: [", "unknown"),
        ("apiVersion: v1\nkind: Secret\nsops: {mac: x}", "unknown"),
        ("- 1", "unknown"),
        ("# only words", "complete"),
        ("---\n---\nresources: []", "complete"),
        ("resources: ['https://github.com/acme/x?ref=v1.0.0']", "complete"),
    ],
)
def test_a_file_is_complete_only_when_all_it_names_is_listed(text: str, expected: str) -> None:
    inventory = Inventory()
    try:
        documents = load_documents(text.encode(), what="k")
    except UsageError:
        documents = None
    inventory.add(Entry("kustomization.yaml", "file"), ContentFact.of(b""), documents)
    document = made(facts(findings=inventory.findings()))
    assert aggregate(document, "file:kustomization.yaml") == expected


def test_reasons_for_incompleteness_stand_in_the_document() -> None:
    document = made(facts(incomplete=("overlays were not built", "overlays were not built")))
    root = document["metadata"]["component"]
    assert {"name": "gitless:incomplete", "value": "overlays were not built"} in root["properties"]
    assert aggregate(document, root["bom-ref"]) == "incomplete"
    custom = component(document, "file:custom.yaml")["properties"]
    assert {
        "name": "gitless:unknown",
        "value": "objects of this kind are not known and may name images anywhere",
    } in custom


def test_without_configuration_nothing_is_made_up() -> None:
    document = made(facts(settings=SbomSettings()))
    assert not {"authors", "licenses"} & document["metadata"].keys()
    assert document["metadata"]["manufacturer"] == {"name": "acme", "url": ["https://github.com/acme"]}
    assert all("licenses" not in item for item in document["components"])
    nowhere = replace(artifact().source, url="", commit=None, revision="x")
    document = made(facts(settings=SbomSettings(), artifact=artifact(source=nowhere)))
    assert not {"manufacturer", "supplier"} & document["metadata"].keys()
    kinds = {link["type"] for item in document["components"] for link in item.get("externalReferences", [])}
    assert kinds == {"distribution"}


@pytest.mark.parametrize(
    ("license_text", "expected"),
    [
        ("Apache-2.0", [("id", "Apache-2.0", "concluded"), ("id", "Apache-2.0", "declared")]),
        ("LicenseRef-acme", [("name", "LicenseRef-acme", "concluded"), ("name", "LicenseRef-acme", "declared")]),
    ],
)
def test_licences(license_text: str, expected: list[tuple[str, str, str]]) -> None:
    document = made(facts(settings=replace(OWNER, license=license_text)))
    found = [item["license"] for item in document["metadata"]["component"]["licenses"]]
    assert (
        sorted(
            (next(k for k in ("id", "name") if k in x), x.get("id") or x["name"], x["acknowledgement"]) for x in found
        )
        == expected
    )


def test_a_licence_expression_is_one_object() -> None:
    document = made(facts(settings=replace(OWNER, license="MIT OR Apache-2.0")))
    assert document["metadata"]["component"]["licenses"] == [
        {"expression": "MIT OR Apache-2.0", "acknowledgement": "concluded"}
    ]


def test_parties_have_an_address_or_a_url_and_not_both() -> None:
    metadata = made(facts())["metadata"]
    assert metadata["manufacturer"] == {"name": "ACME Platform", "contact": [{"email": "platform@acme.example"}]}
    assert metadata["supplier"] == {"name": "ACME Platform", "url": ["https://acme.example"]}
    by_mail = replace(OWNER, supplier=Party("ACME", "a@acme.example"))
    assert made(facts(settings=by_mail))["metadata"]["supplier"] == {
        "name": "ACME",
        "contact": [{"email": "a@acme.example"}],
    }


def test_a_layout_on_disk_leaves_no_path_of_the_machine() -> None:
    content = build_sbom(facts(artifact=artifact(location=Location.parse("oci-layout:/home/me/out"))))
    assert b"/home/me" not in content
    assert b"oci-layout" not in content
    assert check_sbom(content) == []


@pytest.mark.parametrize(
    ("location", "plain_http", "url"),
    [
        ("docker.io/acme/web", False, "https://registry-1.docker.io/v2/acme/web/blobs/"),
        ("localhost:5000/web", True, "http://localhost:5000/v2/web/blobs/"),
        ("ghcr.io/acme/web", False, "https://ghcr.io/v2/acme/web/blobs/"),
    ],
)
def test_where_the_layer_is_served(location: str, plain_http: bool, url: str) -> None:
    document = made(facts(artifact=artifact(location=Location.parse(location), plain_http=plain_http)))
    links = [link["url"] for link in document["metadata"]["component"]["externalReferences"]]
    assert any(link.startswith(url) for link in links)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"url": "https://gitlab.acme.example/g/apps.git"}, f"https://gitlab.acme.example/g/apps/-/blob/{COMMIT}/components/web/a%20b.yaml"),
        ({"url": "https://forge.example/g/apps"}, None),
        ({"revision": f"main@sha1:{COMMIT}-dirty"}, None),
        ({"commit": None}, None),
    ],
)  # fmt: skip
def test_source_links_only_for_what_a_commit_holds(changes: dict[str, Any], expected: str | None) -> None:
    source = replace(artifact().source, **changes)
    document = made(facts({"a b.yaml": ""}, artifact=artifact(source=source)))
    links = [
        link["url"] for link in component(document, "file:a b.yaml")["externalReferences"] if "source" in link["type"]
    ]
    assert links == ([expected] if expected else [])


def test_rendered_files_link_to_the_folder_of_their_source() -> None:
    document = made(facts(artifact=artifact(rendered=True)))
    links = [link["url"] for link in component(document, "file:base/web.yaml")["externalReferences"]]
    assert links[-1] == f"https://github.com/acme/apps/tree/{COMMIT}/components/web"


def chart_fact(**changes: Any) -> ChartFact:
    reference = SourceReference("chart", "cache", "oci://ghcr.io/acme/charts/cache", "2.0.1", "2.0.1", IMAGE)
    return replace(
        ChartFact(
            reference, ContentFact.of(b"tgz"), Party("Maintainer", "m@acme.example"), "MIT", "https://git.example/c"
        ),
        **changes,
    )


def test_a_chart_that_was_read_takes_the_place_of_its_name() -> None:
    document = made(facts(charts=(chart_fact(rendered=("base/web.yaml",)),)))
    found = component(document, f"pkg:oci/cache@{IMAGE}")
    assert found["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]
    assert found["manufacturer"]["name"] == "Maintainer"
    assert (
        len([item for item in document["components"] if item["name"] == "cache" and item["type"] == "application"]) == 1
    )
    assert targets(document, f"pkg:oci/cache@{IMAGE}") == targets(document, "file:base/web.yaml")
    assert aggregate(document, f"pkg:oci/cache@{IMAGE}") == "complete"
    accepted = made(facts(charts=(chart_fact(),), settings=replace(OWNER, accept_declared=True)))
    assert len(component(accepted, f"pkg:oci/cache@{IMAGE}")["licenses"]) == 2
    assert aggregate(accepted, f"pkg:oci/cache@{IMAGE}") == "unknown"


def test_a_chart_of_the_repository_itself_has_no_address() -> None:
    own = ChartFact(SourceReference("chart", "web", "", "0.1.0"), rendered=("custom.yaml",))
    document = made(facts(charts=(own,), settings=replace(OWNER, profile="delivery")))
    found = component(document, "pkg:generic/web@0.1.0")
    assert "externalReferences" not in found
    assert aggregate(document, "pkg:generic/web@0.1.0") == "incomplete"


def test_charts_of_web_repositories_and_git_trees() -> None:
    tree = {
        "kustomization.yaml": f"resources: ['https://github.com/acme/x?ref={COMMIT}']\n"
        "helmCharts: [{name: yy, repo: 'https://charts.acme.example', version: 1.0.0}]\n"
    }
    document = made(facts(tree))
    assert component(document, f"pkg:generic/x@{COMMIT}")["version"] == COMMIT
    assert component(document, "pkg:generic/yy@1.0.0?repository_url=https://charts.acme.example")[
        "externalReferences"
    ] == [{"type": "distribution", "url": "https://charts.acme.example"}]


PATHS = [
    "a b.yaml",
    "ü.yaml",
    "100%.yaml",
    "a#b.yaml",
    "a[1].yaml",
    "x/..y/z",
    "same.yaml",
    "d/same.yaml",
    "q?.txt",
    "%.",
]


def test_names_that_urls_and_purls_stumble_over() -> None:
    document = made(facts(dict.fromkeys(PATHS, "")))
    assert sorted(item["bom-ref"] for item in document["components"]) == sorted(f"file:{path}" for path in PATHS)
    assert component(document, "file:100%.yaml")["purl"].endswith("#100%25.yaml")


def test_control_and_bidirectional_characters_are_spelled_out() -> None:
    content = build_sbom(facts({"a\u202egnp.txt": "", "a\\u202egnp.txt": "", "b\x01\n.txt": ""}))
    assert check_sbom(content) == []
    assert "\u202e" not in content.decode()
    assert len(json.loads(content)["components"]) == 3


SEGMENT = st.text(
    st.characters(exclude_characters="/\x00", exclude_categories=("Cs",)), min_size=1, max_size=12
).filter(lambda text: text not in (".", ".."))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(SEGMENT, min_size=1, max_size=4).map("/".join), max_size=6, unique=True))
def test_any_tree_gives_a_valid_document(paths: list[str]) -> None:
    document = made(facts(dict.fromkeys(paths, "")))
    assert len(document.get("components", [])) == len(paths)


def many(count: int, folder: Callable[[int], str], length: int = 0) -> Findings:
    content = ContentFact.of(b"")
    return Findings(tuple(FileFact(f"{folder(i)}{'x' * length}{i}.yaml", content, parsed=True) for i in range(count)))


def test_above_a_thousand_files_folders_are_listed() -> None:
    findings = many(1001, lambda index: f"top/d{index % 3}/" if index else "")
    document = made(facts(findings=findings))
    refs = [item["bom-ref"] for item in document["components"]]
    assert sorted(refs) == ["folder:.", "folder:top/d0", "folder:top/d1", "folder:top/d2"]
    assert component(document, "folder:top/d0")["properties"] == [{"name": "gitless:files", "value": "333"}]
    (group,) = document["compositions"]
    assert group["aggregate"] == "incomplete"
    assert len(made(facts(findings=many(1000, lambda _: "d/")))["components"]) == 1000


def test_too_many_folders_are_listed_by_their_parents() -> None:
    document = made(facts(findings=many(1200, lambda index: f"top{index % 2}/d{index}/")))
    assert len(document["components"]) == 2
    document = made(facts(findings=many(1200, lambda index: f"d{index}/")))
    assert [item["bom-ref"] for item in document["components"]] == ["folder:."]


def test_folders_name_what_their_files_name() -> None:
    image = ImageReference.parse("nginx:1.27")
    assert image
    findings = replace(many(1001, lambda _: "d/"), images=(ImageUse(image, "podspec", "d/7.yaml", "/spec"),))
    document = made(facts(findings=findings))
    assert targets(document, "folder:d") == ["pkg:oci/nginx?repository_url=docker.io/library/nginx&tag=1.27"]


def test_long_names_fold_before_the_document_is_too_long() -> None:
    content = build_sbom(facts(findings=many(900, lambda _: "d/", length=900)))
    assert len(content) <= MAX_SBOM_BYTES
    assert [item["bom-ref"] for item in json.loads(content)["components"]] == ["folder:d"]


@pytest.mark.parametrize(("count", "length"), [(1200, 230), (4001, 1)])
def test_a_document_that_cannot_be_short_enough_is_refused(count: int, length: int) -> None:
    images = [ImageReference.parse(f"registry.acme.example/{'a' * length}/i{index}:1.0") for index in range(count)]
    uses = tuple(ImageUse(image, "podspec", "a.yaml", "/spec") for image in images if image)
    with pytest.raises(UsageError, match="would be longer than"):
        build_sbom(facts(findings=Findings((FileFact("a.yaml", ContentFact.of(b""), parsed=True),), uses)))


def test_the_collector_is_left_as_it_was() -> None:
    build_sbom(facts({}))
    assert gc.isenabled()
    gc.disable()
    try:
        build_sbom(facts({}))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_executables_and_folders_of_the_inventory() -> None:
    inventory = Inventory()
    inventory.add(Entry("d", "directory"), ContentFact.of(b""), None)
    inventory.add(Entry("run.sh", "file"), ContentFact.of(b"#!/bin/sh\n"), None)
    inventory.add(Entry("bin", "file", executable=True), ContentFact.of(b"\x7fELF"), None)
    assert [(file.path, file.executable, file.structured) for file in inventory.findings().files] == [
        ("bin", True, False),
        ("run.sh", True, False),
    ]


@pytest.mark.parametrize(
    ("folder", "owner"), [("production", "file:production/kustomization.yaml"), ("", "pkg:oci/web@")]
)
def test_images_of_a_built_overlay_are_named_by_it(folder: str, owner: str) -> None:
    inventory = Inventory()
    content = ContentFact.of(b"")
    inventory.add(Entry("production/kustomization.yaml", "file"), content, [{"resources": []}])
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "built:1"}]}}
    inventory.add_built(folder, [pod])
    reference = "pkg:oci/built?repository_url=docker.io/library/built&tag=1"
    document = made(facts(findings=inventory.findings()))
    assert reference in targets(document, owner)
    left_out = made(facts(findings=inventory.findings(), settings=replace(OWNER, profile="delivery")))
    assert aggregate(left_out, owner) == "incomplete"


def test_what_many_places_name_is_counted() -> None:
    image = ImageReference.parse("nginx:1.27")
    assert image
    uses = tuple(ImageUse(image, "podspec", "a.yaml", f"/spec/{index}") for index in range(25))
    document = made(facts(findings=Findings((FileFact("a.yaml", ContentFact.of(b""), parsed=True),), uses)))
    found = component(document, "pkg:oci/nginx")
    assert len(found["evidence"]["occurrences"]) == 20
    assert {"name": "gitless:places", "value": "25"} in found["properties"]


def test_a_document_that_breaks_the_rules_is_a_defect() -> None:
    short = replace(artifact(), layer_sha512="47" * 32)
    with pytest.raises(DefectError, match="does not pass its checks"):
        build_sbom(facts(artifact=short))


def test_a_kustomization_that_names_nothing_usable() -> None:
    inventory = Inventory()
    inventory.add(Entry("kustomization.yaml", "file"), ContentFact.of(b""), [{"resources": ["", 7]}])
    assert [gap.reason for gap in inventory.findings().files[0].gaps] == [
        "a kustomization names a file that is not in the artifact"
    ] * 2


def test_a_rendered_chart_counts_only_outputs_that_are_there() -> None:
    document = made(facts(charts=(chart_fact(rendered=("gone.yaml",)),)))
    assert aggregate(document, f"pkg:oci/cache@{IMAGE}") == "unknown"


def test_endless_references_are_bounded() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "spec": {"containers": [{"image": f"x:{index}"} for index in range(21_000)]},
    }
    inventory = Inventory()
    inventory.add(Entry("a.yaml", "file"), ContentFact.of(b""), [pod, pod])
    findings = inventory.findings()
    assert len(findings.images) == 20_000
    assert "more references than can be listed" in [gap.reason for gap in findings.files[0].gaps]


def test_heavy_libraries_are_not_imported_with_the_room() -> None:
    program = (
        "import sys, gitless.sbom.document, gitless.sbom.inventory, gitless.sbom.summary;"
        "print([name for name in ('cyclonedx', 'jsonschema_rs', 'packageurl') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert run.stdout.strip() == "[]"


def test_the_slow_validator_is_not_installed() -> None:
    with pytest.raises(ModuleNotFoundError):
        __import__("rfc3987_syntax")


def components_of_cases() -> list[Path]:
    return sorted(
        path.parent if path.name == "kustomization.yaml" else path for path in CASES.glob("d2-*/*/*") if path.is_dir()
    )


@needs_cases
def test_the_reference_repositories() -> None:
    folders = components_of_cases()
    assert folders
    images = set()
    for folder in folders:
        tree = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
        document = made(facts(tree))
        assert build_sbom(facts(tree)) == build_sbom(facts(findings=collect(tree, 1)))
        images |= {
            item["name"] for item in document["components"] if item.get("properties", [{}])[0].get("value") == "chart"
        }
    assert {"podinfo", "redis", "memcached", "cert-manager", "kube-prometheus-stack", "metrics-server"} <= images
