from __future__ import annotations

import pytest

from gitless.config.components import Component, discover, pattern_folders, select
from gitless.config.merge import Overrides, merge
from gitless.config.parse import parse_config
from gitless.config.publishing import check_publish_channel
from gitless.config.schema import Config
from gitless.errors import UsageError


def config(text: str = "") -> Config:
    return parse_config(f"version: 1\n{text}".encode())


FOLDERS = ["apps", "apps/web", "apps/api", "apps/.git", "apps/web/base", "infra", "infra/dns", "top"]


def names(text: str) -> list[tuple[str, str]]:
    return [(found.name, found.path) for found in discover(config(f"components: {text}\n"), FOLDERS)]


def test_a_pattern_makes_each_folder_a_component() -> None:
    assert names("[{path: 'apps/*', ignore: ['*.md']}]") == [("api", "apps/api"), ("web", "apps/web")]
    assert names("[{path: '*'}]") == [("apps", "apps"), ("infra", "infra"), ("top", "top")]


def test_a_named_entry_wins_over_a_pattern_by_path_or_name() -> None:
    assert names("[{path: 'apps/*'}, {path: apps/web, name: site}]") == [("api", "apps/api"), ("site", "apps/web")]
    assert names("[{path: 'apps/*'}, {path: deploy/web}]") == [("api", "apps/api"), ("web", "deploy/web")]


def test_a_name_defaults_to_the_folder() -> None:
    assert discover(config("components: [{path: a/b, ignore: [x]}]\n"), []) == (Component("b", "a/b", (), ("x",)),)


def test_patterns_say_what_must_be_listed() -> None:
    assert pattern_folders(config("components: [{path: 'b/*'}, {path: '*'}, {path: a}, {path: 'a/c/*'}]\n")) == (
        ".",
        "a/c",
        "b",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{path: 'none/*'}]", "components: none/\\* matches no folder"),
        ("[{path: a/x}, {path: b/x}]", "Two components are named x: a/x and b/x"),
        ("[{path: a/Web}]", "The folder 'a/Web' cannot name a component"),
    ],
)
def test_discovery_refuses(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        names(text)


def test_two_patterns_with_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="Two components are named a"):
        discover(config("components: [{path: 'x/*'}, {path: 'y/*'}]\n"), ["x/a", "y/a"])


def test_components_are_selected_by_name() -> None:
    components = (Component("api", "a"), Component("web", "w"))
    assert select(components, []) == components
    assert select(components, ["web", "web"]) == (Component("web", "w"),)
    with pytest.raises(UsageError, match="Did you mean web"):
        select(components, ["wev"])
    with pytest.raises(UsageError, match="There are api, web"):
        select(components, ["zzz"])
    with pytest.raises(UsageError, match="no component to work on"):
        select((), [])


def test_later_levels_win() -> None:
    environment = Overrides.from_environment(
        {"GITLESS_REGISTRY": "env.io/x", "GITLESS_CHANNEL": "edge", "GITLESS_NAME": ""}
    )
    assert environment == Overrides(registry="env.io/x", channel="edge")
    flags = Overrides(registry="oci-layout:out", signing_key="env://KEY", media_type="argocd")
    both = flags.over(environment)
    assert both == Overrides(registry="oci-layout:out", channel="edge", signing_key="env://KEY", media_type="argocd")
    file = config("registry: file.io/x\nsigning: {method: keyless, rekor: 2}\ncomponents: [{path: a}]\n")
    merged = merge(file, both)
    assert (merged.registry, merged.media_type) == ("oci-layout:out", "argocd")
    assert merged.signing is not None
    assert (merged.signing.method, merged.signing.key, merged.signing.rekor) == ("key", "env://KEY", 2)
    assert merged.components == file.components
    assert merge(file, Overrides()) == file


def test_one_component_needs_no_file() -> None:
    made = merge(None, Overrides(path="deploy", name="web", registry="ghcr.io/acme"))
    assert discover(made, []) == (Component("web", "deploy"),)
    assert made.registry == "ghcr.io/acme"
    assert discover(merge(config("components: [{path: a}]\n"), Overrides(path="b")), []) == (Component("b", "b"),)


def test_without_file_and_path_the_way_out_is_named() -> None:
    with pytest.raises(UsageError, match="--path DIR --name NAME --registry REGISTRY"):
        merge(None, Overrides())
    with pytest.raises(UsageError, match="The command line is not valid"):
        merge(None, Overrides(path="../x"))


RULES = "channels: {latest: {branches: [main]}, edge: {}, stable: {from: latest}}\n"


def test_publish_moves_its_own_channels() -> None:
    assert check_publish_channel(config(), "anything", None) == "anything"
    assert check_publish_channel(config(RULES), "latest", "main") == "latest"
    assert check_publish_channel(config(RULES), "edge", None) == "edge"


@pytest.mark.parametrize(
    ("channel", "branch", "message"),
    [
        ("stable", "main", "takes promotions from latest only"),
        ("latest", "topic", "This run is on 'topic'; channels.latest.branches allows main"),
        ("latest", None, "This run is on no branch"),
        ("lates", "main", "Did you mean latest"),
        ("zzz", "main", "Known are edge, latest, stable"),
        ("v1.2.3", "main", "this name is reserved"),
    ],
)
def test_publish_leaves_other_channels_alone(channel: str, branch: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_publish_channel(config(RULES), channel, branch)
