from __future__ import annotations

import pytest

from gitless.errors import UsageError
from gitless.model.tree import MemoryTree
from gitless.render.kustomization import Judged, find_overlays, judge
from gitless.render.snapshot import inside, snapshot

BASE = b"resources: [cm.yaml]\n"


def judged(files: dict[str, bytes], folder: str = "o/p") -> Judged:
    with snapshot(MemoryTree(files)) as copy:
        return judge(copy, folder)


def with_overlay(text: str) -> dict[str, bytes]:
    return {"o/p/kustomization.yaml": text.encode(), "base/kustomization.yaml": BASE, "base/cm.yaml": b"", "o/x": b""}


def test_bases_are_followed_and_known_to_be_confined() -> None:
    found = judged(with_overlay("resources: [../../base]\npatches: [{path: ../x}]\nlabels: [{pairs: {Env: a}}]\n"))
    assert found == Judged(frozenset({"o/p", "base"}), confined=True)


def test_a_loop_of_kustomizations_ends() -> None:
    files = {"a/kustomization.yaml": b"resources: [../b]", "b/kustomization.yaml": b"resources: [../a]"}
    assert judged(files, "a").folders == {"a", "b"}


@pytest.mark.parametrize("entry", ["../x", "'{apiVersion: builtin, kind: X}'", "|\n    kind: X\n    name: y"])
def test_plugins_close_the_restriction(entry: str) -> None:
    assert judged(with_overlay(f"transformers:\n  - {entry}\n")).confined is False


@pytest.mark.parametrize(
    "remote",
    [
        "https://example.com/x.yaml",
        "http://127.0.0.1/x",
        "github.com/acme/base?ref=v1",
        "git@github.com:acme/base",
        "ssh://git@host/x",
        "git::file:///srv/x",
        "host.example/acme/base.git",
        "gh:acme/base",
        "file:///etc",
    ],
)
@pytest.mark.parametrize(
    "form", ["resources: ['{}']", "components: ['{}']", "patches: [{{path: '{}'}}]", "crds: ['{}']"]
)
def test_remote_sources_are_refused_by_name(remote: str, form: str) -> None:
    with pytest.raises(UsageError, match="names a remote source") as caught:
        judged(with_overlay(form.format(remote)))
    assert "vendor" in caught.value.hint


def test_a_folder_named_like_a_host_is_still_remote_for_kustomize() -> None:
    files = {"kustomization.yaml": b"resources: [github.com/acme/x]", "github.com/acme/x/kustomization.yaml": BASE}
    with pytest.raises(UsageError, match="remote"):
        judged(files, ".")


@pytest.mark.parametrize(
    "text",
    [
        "resources: [../../../outside]",
        "resources: [/etc]",
        "resources: ['']",
        "configMapGenerator: [{name: a, files: ['k=../../../../etc/passwd']}]",
        "configMapGenerator: [{name: a, files: [/etc/passwd]}]",
        "secretGenerator: [{name: a, envs: [/proc/self/environ]}]",
        "secretGenerator: [{name: a, env: ../../../.env}]",
        "patchesStrategicMerge: [../../../x]",
        "openapi: {path: /etc/passwd}",
        "replacements: [{path: ../../../x}]",
    ],
)
def test_paths_outside_of_the_component_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="outside of the component"):
        judged(with_overlay(text))


@pytest.mark.parametrize(
    "text",
    ["Resources: [/etc]", "configMapGenerator: [{Files: [/etc/passwd]}]", "openapi: {PATH: /etc}", "HelmCharts: []"],
)
def test_keys_in_another_spelling_do_not_slip_past(text: str) -> None:
    with pytest.raises(UsageError, match="unusual spelling"):
        judged(with_overlay(text))


def test_missing_files_are_named_before_kustomize_guesses_a_repository() -> None:
    with pytest.raises(UsageError, match="'nope', which does not exist"):
        judged(with_overlay("resources: [nope]"))


@pytest.mark.parametrize("key", ["helmCharts", "helmChartInflationGenerator", "helmGlobals"])
def test_chart_inflation_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="inflates Helm charts"):
        judged(with_overlay(f"{key}: []"))


@pytest.mark.parametrize("names", [(), ("kustomization.yaml", "Kustomization")])
def test_a_folder_needs_exactly_one_kustomization(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="cannot be built"):
        judged({"o/p/x": b"", **{f"o/p/{name}": b"" for name in names}})


def test_a_kustomization_that_is_no_mapping_is_left_to_kustomize() -> None:
    assert judged({"kustomization.yaml": b"- a\n"}, ".").confined


def test_overlays_are_builds_of_their_own() -> None:
    tree = MemoryTree(
        {
            "kustomization.yaml": b"",
            "a/kustomization.yml": BASE,
            "b/Kustomization": b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
            "c/kustomization.yaml": b"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
            "flux/kustomization.yaml": b"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n",
            "d/other.yaml": b"kind: Kustomization\n",
            "e/kustomization.yaml": b"- x\n",
        }
    )
    assert find_overlays(tree) == (".", "a", "b", "e")


def test_paths_inside() -> None:
    assert inside("o/p", "../x", named_in="k") == "o/x"
    assert inside(".", ".", named_in="k") == "."
    with pytest.raises(UsageError, match="outside"):
        inside(".", "a\0b", named_in="k")


def test_messages_show_paths_as_the_user_knows_them_and_no_credential() -> None:
    with snapshot(MemoryTree({"a/b.yaml": b"x"})) as copy:
        text = copy.message(f"error in {copy.root}/a/b.yaml of {copy.root}: https://u:p@host\n")
    assert text == "error in a/b.yaml of .: https://***@host"
    assert not copy.root.exists()
