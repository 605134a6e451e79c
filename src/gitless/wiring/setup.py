"""From files, environment and flags to the one checked configuration of a publish run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.config.components import Component, discover, pattern_folders
from gitless.config.merge import Overrides, merge
from gitless.config.parse import parse_config
from gitless.errors import UsageError
from gitless.model.component import DEFAULT_CHANNEL, ComponentPlan
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT, OCI_LAYER
from gitless.model.reference import Location
from gitless.wiring.request import CONFIG_NAME as CONFIG_NAME
from gitless.wiring.request import PublishRequest
from gitless.wiring.system import read_file

if TYPE_CHECKING:
    from gitless.config.schema import Config

MAX_CONFIG_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Setup:
    """The configuration of a run.

    Attributes:
        root: The folder that component paths start at.
        top: The repository's top folder, which `root` is or lies in; `root` itself outside Git.
        config: The merged configuration.
        components: What it means in this repository.
        digest: Digest of the configuration file; None without one.
        channel: The channel to move.
        signing_key: Where the private key is.
        repository: The whole repository of the only component; None for one below the registry.
        ignore: More patterns that every component leaves out.
        annotations: More annotations of every artifact.
    """

    root: Path
    top: Path
    config: Config
    components: tuple[Component, ...]
    digest: Digest | None
    channel: str
    signing_key: str | None
    repository: str | None = None
    ignore: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)

    def plan(self, component: Component) -> ComponentPlan:
        """What publish is asked to do for one component.

        Raises:
            UsageError: There is no registry.
        """
        return ComponentPlan(
            name=component.name,
            folder=self._folder(component),
            location=self._location(component),
            ignore=(*component.ignore, *self.ignore),
            renders=component.renders,
            media_type=OCI_LAYER if self.config.media_type == "argocd" else FLUX_CONTENT,
            annotations=self.annotations,
        )

    def _location(self, component: Component) -> Location:
        if self.repository:
            return Location.parse(self.repository)
        if not self.config.registry:
            raise UsageError(
                "There is no registry to publish to.",
                hint="Write registry: HOST/PREFIX in gitless.yaml, or give --registry HOST/PREFIX or oci-layout:DIR.",
            )
        return Location.parse(self.config.registry).child(component.name)

    def _folder(self, component: Component) -> str:
        """The component's folder as the repository names it; empty for its top."""
        path = (self.root / component.path).relative_to(self.top).as_posix()
        return "" if path == "." else path


def configure(request: PublishRequest, env: Mapping[str, str]) -> Setup:
    """Read the configuration file, if there is one, and put environment and flags over it.

    Raises:
        UsageError: The file, a variable or a flag is wrong.
    """
    overrides = _overrides(request).over(Overrides.from_environment(env))
    path = request.config_file
    content = read_file(path, "The configuration", MAX_CONFIG_BYTES) if path else None
    if overrides.path:
        root, overrides = _single_root(path, overrides)
    else:
        root = path.resolve().parent if path else Path.cwd()
    config = merge(parse_config(content, str(path)) if content is not None else None, overrides)
    return Setup(
        root=root,
        top=find_top(root),
        config=config,
        components=discover(config, _folders(root, config)),
        digest=Digest.of(content) if content is not None else None,
        channel=overrides.channel or DEFAULT_CHANNEL,
        signing_key=overrides.signing_key or (config.signing.key if config.signing else None),
        repository=request.repository,
        ignore=request.ignore,
        annotations=request.annotations,
    )


def _overrides(request: PublishRequest) -> Overrides:
    return Overrides(
        registry=request.registry,
        channel=request.channel,
        signing_key=request.signing_key,
        path=request.path,
        name=request.name,
    )


def _single_root(config: Path | None, overrides: Overrides) -> tuple[Path, Overrides]:
    """A folder given by flag may lie anywhere; its path in the repository is settled when Git is asked."""
    folder = Path(overrides.path or ".").resolve()
    if not folder.is_dir():
        raise UsageError(f"{overrides.path!r} is not a folder.", hint="Give --path the folder to publish.")
    base = config.resolve().parent if config else Path.cwd()
    name = overrides.name or folder.name
    if folder.is_relative_to(base):
        return base, replace(overrides, path=folder.relative_to(base).as_posix(), name=name)
    return folder.parent, replace(overrides, path=folder.name, name=name)


def find_top(root: Path) -> Path:
    """The nearest folder with a `.git`, which is a file in worktrees and submodules."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def _folders(root: Path, config: Config) -> list[str]:
    found = []
    for parent in pattern_folders(config):
        folder = root / parent
        if folder.is_dir():
            found += [child.relative_to(root).as_posix() for child in folder.iterdir() if child.is_dir()]
    return found
