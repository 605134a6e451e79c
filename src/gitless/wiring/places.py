"""Which components and channels a reading verb is about, and in which stores they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.model.reference import Location
from gitless.wiring.request import PublishRequest

if TYPE_CHECKING:
    from gitless.config.schema import Config
    from gitless.flows.history import ChannelPlace
    from gitless.registry.open import Stores
    from gitless.wiring.setup import Setup


@dataclass(frozen=True)
class PlaceRequest:
    """What the command line asked for; None and empty mean "not said".

    Attributes:
        names: Components.
        channels: Channels.
        config: gitless.yaml.
        path: The folder of a single component, without any configuration file.
        name: Its name.
        registry: Where artifacts are.
        insecure: Whether hosts that are not on loopback may be asked without TLS.
    """

    names: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    config: str | None = None
    path: str | None = None
    name: str | None = None
    registry: str | None = None
    insecure: bool = False

    @property
    def settings(self) -> PublishRequest:
        """The same for `wiring.setup.configure`."""
        return PublishRequest(config=self.config, path=self.path, name=self.name, registry=self.registry)


def promoted_channels(config: Config, asked: Sequence[str]) -> tuple[str, ...]:
    """The channels that are asked for; without any, all that promotions move.

    Raises:
        UsageError: There is none, or a name is no tag.
    """
    from gitless.model.reference import check_tag

    if asked:
        return tuple(dict.fromkeys(check_tag(name) for name in asked))
    found = tuple(name for name, channel in config.channels.items() if channel.source)
    if not found:
        raise UsageError(
            "No channel is named.",
            why="gitless.yaml has no channel with `from`, so it names none that promotions move.",
            hint="Give --channel NAME.",
        )
    return found


def channel_location(setup: Setup, config: Config, component: Location, name: str, channel: str) -> Location:
    """Where a channel of one component is: beside its artifacts, or below the channel's own registry.

    Args:
        setup: The run's configuration.
        config: The configuration whose channels hold.
        component: Where the component's artifacts are.
        name: The component.
        channel: The channel.
    """
    section = config.channels.get(channel)
    own = section.registry if section else None
    return Location.parse(own).child(name) if own and not setup.repository else component


def open_channels(
    setup: Setup, config: Config, stores: Stores, component: Location, name: str, channels: Sequence[str]
) -> list[ChannelPlace]:
    """Open the stores of one component's channels; arguments as `channel_location`."""
    from gitless.flows.history import ChannelPlace

    found = []
    for channel in channels:
        location = channel_location(setup, config, component, name, channel)
        found.append(ChannelPlace(channel, stores.open(location), str(location)))
    return found
