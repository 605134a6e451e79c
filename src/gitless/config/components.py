"""Which components a configuration means, once the folders of the repository are known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gitless.config.base import check_name
from gitless.config.rendering import ComponentEntry
from gitless.config.schema import Config
from gitless.errors import UsageError
from gitless.model.rendering import RenderRequest


@dataclass(frozen=True, slots=True)
class Component:
    """One folder that becomes one artifact.

    Attributes:
        name: Its name; also the last part of its repository's name.
        path: Its folder in the source repository; `.` for the root.
        renders: What is rendered for it; empty: the folder is packed as it is.
        ignore: Patterns that stay out of the artifact, besides Flux's own.
    """

    name: str
    path: str
    renders: tuple[RenderRequest, ...] = ()
    ignore: tuple[str, ...] = ()


def pattern_folders(config: Config) -> tuple[str, ...]:
    """The folders whose children `discover` needs to be told; `.` for the root."""
    return tuple(sorted({_parent(entry) or "." for entry in config.components if entry.is_pattern}))


def discover(config: Config, folders: Sequence[str]) -> tuple[Component, ...]:
    """Expand patterns against the folders there are; a named entry wins over a pattern.

    Args:
        config: The configuration.
        folders: Repository-relative paths of folders with `/`; at least the children of `pattern_folders`.

    Returns:
        The components, sorted by name.

    Raises:
        UsageError: Two components have one name, a pattern finds no folder, or a folder's name is no component name.
    """
    named = [_named(entry) for entry in config.components if not entry.is_pattern]
    taken = {component.name for component in named} | {component.path for component in named}
    found = [
        component
        for entry in config.components
        if entry.is_pattern
        for component in _expand(entry, folders)
        if component.name not in taken and component.path not in taken
    ]
    return _without_duplicates([*named, *found])


def select(components: Sequence[Component], names: Iterable[str]) -> tuple[Component, ...]:
    """Take the components that were asked for by name; all of them where no name is given.

    Raises:
        UsageError: A name is no component's, or there is no component at all.
    """
    wanted = tuple(dict.fromkeys(names))
    if not components:
        raise UsageError(
            "There is no component to work on.", hint="Name one in gitless.yaml under components, or give --path DIR."
        )
    known = {component.name: component for component in components}
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))[:500]}."
            raise UsageError(f"There is no component {name[:100]!r}.", hint=hint)
    return tuple(known[name] for name in wanted) if wanted else tuple(components)


def _named(entry: ComponentEntry) -> Component:
    name = entry.name or _folder_name(entry.path)
    return Component(name, entry.path, tuple(render.to_request() for render in entry.render), entry.ignore)


def _expand(entry: ComponentEntry, folders: Sequence[str]) -> Iterator[Component]:
    parent = _parent(entry)
    children = sorted({folder for folder in folders if _is_child(folder, parent)})
    if not children:
        raise UsageError(
            f"components: {entry.path} matches no folder.", hint="Check the path; it starts at the repository's root."
        )
    requests = tuple(render.to_request() for render in entry.render)
    for folder in children:
        yield Component(_folder_name(folder), folder, requests, entry.ignore)


def _parent(entry: ComponentEntry) -> str:
    return entry.path.rpartition("/")[0]


def _is_child(folder: str, parent: str) -> bool:
    head, _, name = folder.rpartition("/")
    return head == parent and bool(name) and not name.startswith(".")


def _folder_name(path: str) -> str:
    name = path.rpartition("/")[2]
    try:
        return check_name(name)
    except ValueError as error:
        raise UsageError(
            f"The folder {path[:200]!r} cannot name a component.",
            why=f"A component's name {error}.",
            hint="Add an entry with this path and a name of its own under components.",
        ) from error


def _without_duplicates(components: list[Component]) -> tuple[Component, ...]:
    seen: dict[str, Component] = {}
    for component in components:
        other = seen.setdefault(component.name, component)
        if other is not component:
            raise UsageError(
                f"Two components are named {component.name}: {other.path} and {component.path}.",
                hint="Give one of them another name under components.",
            )
    return tuple(sorted(components, key=lambda component: component.name))
