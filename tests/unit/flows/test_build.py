"""Building an artifact: rendering twice, overlays, checks, and the same digest whatever the machine is like."""

import io

import pytest
from tests.fakes.workshop import KUSTOMIZATION, START, NoRenderer, config_map

from gitless.errors import CheckError
from gitless.flows.build import OVERLAYS_NOT_BUILT, build
from gitless.flows.overlays import outermost
from gitless.model.component import ComponentPlan
from gitless.model.reference import Location
from gitless.model.rendering import KustomizeSource, Rendered, RenderRequest
from gitless.model.revision import Source
from gitless.model.tree import MemoryTree

SOURCE = Source("https://github.com/acme/apps", f"main@sha1:{'a' * 40}", START, "a" * 40)
LOCATION = Location("registry.example", "acme/web")
OVERLAY = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\n"


class ScriptedRenderer:
    """Prints the given texts, one after the other, and remembers what was asked."""

    def __init__(self, *outputs: bytes) -> None:
        self.outputs, self.asked = list(outputs), []

    def has(self, name):
        return True

    def render(self, tree, request):
        self.asked.append(request.output)
        content = self.outputs.pop(0) if len(self.outputs) > 1 else self.outputs[0]
        return Rendered({f"{request.output}/manifests.yaml": content}, ())


def make(tree, renderer=None, plan=None, overlays=()):
    plan = plan or ComponentPlan("web", "web", LOCATION)
    return build(plan, tree, SOURCE, renderer or NoRenderer(), lambda _: overlays, io.BytesIO())


def rendered_plan():
    return ComponentPlan("web", "web", LOCATION, renders=(RenderRequest("out", KustomizeSource(".")),))


def test_tree_without_renders_is_packed_as_it_is():
    built = make(MemoryTree({"a/cm.yaml": config_map("one")}))
    assert [file.path for file in built.findings.files] == ["a/cm.yaml"]
    assert built.problems == ()
    assert built.manifest.annotations["dev.gitless.content"] == str(built.packed.content)


def test_annotations_cannot_replace_what_gitless_writes():
    plan = ComponentPlan("web", "web", LOCATION, annotations={"org.opencontainers.image.revision": "x", "team": "a"})
    built = make(MemoryTree({"cm.yaml": config_map("one")}), plan=plan)
    assert built.manifest.annotations["org.opencontainers.image.revision"] == SOURCE.revision
    assert built.manifest.annotations["team"] == "a"


def test_rendered_output_is_packed_and_not_its_sources():
    renderer = ScriptedRenderer(config_map("one"))
    built = make(MemoryTree({"kustomization.yaml": KUSTOMIZATION}), renderer, rendered_plan())
    assert [file.path for file in built.findings.files] == ["out/manifests.yaml"]
    assert renderer.asked == ["out", "out"]


def test_random_output_is_refused_without_showing_values():
    renderer = ScriptedRenderer(config_map("secret-one"), config_map("secret-two"))
    with pytest.raises(CheckError, match="twice") as caught:
        make(MemoryTree({}), renderer, rendered_plan())
    assert "secret-one" not in str(caught.value)
    assert "ConfigMap" in caught.value.why


@pytest.mark.parametrize("output", [b"", b"\n \n"])
def test_empty_output_is_refused_since_flux_would_delete_everything(output):
    with pytest.raises(CheckError, match="nothing"):
        make(MemoryTree({}), ScriptedRenderer(output), rendered_plan())


def test_overlays_are_built_for_the_checks_and_never_packed():
    secret = b"apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: correct-horse-battery}\n"
    tree = MemoryTree(
        {
            "base/cm.yaml": config_map("one"),
            "base/kustomization.yaml": KUSTOMIZATION,
            "prod/kustomization.yaml": OVERLAY,
        }
    )
    renderer = ScriptedRenderer(secret)
    built = make(tree, renderer, overlays=("base", "prod"))
    assert renderer.asked == ["prod"]
    assert "plaintext-secret" in {problem.rule for problem in built.problems}
    assert "prod/manifests.yaml" not in {file.path for file in built.findings.files}


def test_images_that_an_overlay_sets_are_found():
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'nginx:1.29'}]}\n"
    tree = MemoryTree({"prod/kustomization.yaml": OVERLAY})
    built = make(tree, ScriptedRenderer(pod), overlays=("prod",))
    assert "nginx:1.29" in {use.image.text for use in built.findings.images}


def test_without_kustomize_it_is_said_that_overlays_were_not_built():
    tree = MemoryTree({"prod/kustomization.yaml": OVERLAY})
    assert make(tree, overlays=("prod",)).incomplete == (OVERLAYS_NOT_BUILT,)


def test_outermost_leaves_out_what_others_include():
    tree = MemoryTree(
        {
            "base/kustomization.yaml": b"resources: []\n",
            "a/kustomization.yaml": OVERLAY,
            "b/kustomization.yaml": OVERLAY,
        }
    )
    assert outermost(tree, ("a", "b", "base")) == ["a", "b"]


def test_kustomizations_in_a_circle_are_all_built():
    one, two = b"resources: [../two]\n", b"resources: [../one]\n"
    tree = MemoryTree({"one/kustomization.yaml": one, "two/kustomization.yaml": two})
    assert outermost(tree, ("one", "two")) == ["one", "two"]


def test_yaml_that_does_not_parse_is_a_finding_and_not_a_crash():
    built = make(MemoryTree({"a.yaml": b"a: [1\n"}))
    assert [problem.rule for problem in built.problems] == ["yaml-invalid"]


def test_folder_without_any_file_is_refused_since_flux_would_delete_everything():
    with pytest.raises(CheckError, match="no file to publish"):
        make(MemoryTree({}))


def test_file_name_that_turns_the_reading_direction_is_a_finding():
    built = make(MemoryTree({"cm\u202elmay.yaml": config_map("one")}))
    assert [problem.rule for problem in built.problems] == ["unsafe-name"]
