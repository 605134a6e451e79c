"""Opens the store a location names; the door through which wiring comes.

Light to import: the HTTP rooms are loaded by the first HTTP repository.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.model.reference import Location
from gitless.ports import RegistryTrial, Repository
from gitless.web.patience import Patience

if TYPE_CHECKING:
    from gitless.registry.helpers import Helpers
    from gitless.registry.transport import Transport


PREPARED_CONNECTIONS = 8  # six blobs, a tag and a listing side by side


class Stores:
    """Opens repositories; those of one host share one session, its connections and what it learned about the host.

    Args:
        env: The environment: credentials, proxies, certificate files. Nothing else is read.
        insecure: Whether hosts that are not loopback may be asked without TLS.
        patience: Limits and retry of every request.
        helpers: Asks credential helpers.
    """

    def __init__(
        self,
        *,
        env: Mapping[str, str],
        insecure: bool = False,
        patience: Patience | None = None,
        helpers: Helpers | None = None,
    ) -> None:
        self._env = env
        self._insecure = insecure
        self._patience = patience or Patience()
        self._helpers = helpers
        self._transports: dict[str, Transport] = {}
        self._repositories: dict[Location, Repository] = {}
        self._lock = threading.Lock()

    def open(self, location: Location) -> Repository:
        """The store at a location; the same object each time, so that what it learned is kept."""
        with self._lock:
            if location not in self._repositories:
                self._repositories[location] = self._open(location)
            return self._repositories[location]

    def trial(self, location: Location) -> RegistryTrial:
        """Finds out what the store at a location lets this run do."""
        if location.is_layout:
            from gitless.registry.layout_trial import LayoutTrial

            return LayoutTrial(Path(location.path))
        from gitless.registry.trial import RemoteTrial

        with self._lock:
            return RemoteTrial(location, self._transport(location))

    def prepare(self, locations: Iterable[Location]) -> None:
        """Open connections to the hosts of these locations, beside whatever comes next."""
        for location in {item.host: item for item in locations if not item.is_layout}.values():
            with self._lock:
                self._transport(location).open_connections(PREPARED_CONNECTIONS)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the registries warned of, each text once."""
        return tuple(dict.fromkeys(text for item in self._transports.values() for text in item.warnings))

    @property
    def requests(self) -> int:
        """How many requests all repositories have sent."""
        return sum(item.requests for item in self._repositories.values())

    def close(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            transport.session.close()

    def _open(self, location: Location) -> Repository:
        if location.is_layout:
            from gitless.registry.layout import LayoutRepository

            return LayoutRepository(Path(location.path))
        from gitless.registry.remote import RemoteRepository

        return RemoteRepository(location, self._transport(location))

    def _transport(self, location: Location) -> Transport:
        from gitless.registry.credentials import find_credential
        from gitless.registry.helpers import Helpers
        from gitless.registry.hosts import base_url
        from gitless.registry.transport import Transport

        if location.host not in self._transports:
            self._helpers = self._helpers or Helpers()
            find = partial(find_credential, location.host, env=self._env, ask=self._helpers)
            home = base_url(location.host, insecure=self._insecure)
            self._transports[location.host] = Transport(home, self._env, self._patience, find)
        return self._transports[location.host]


def open_repository(
    location: Location, *, env: Mapping[str, str], insecure: bool = False, patience: Patience | None = None
) -> Repository:
    """Open one store; for several use `Stores`, which shares connections.

    Args:
        location: Where it is.
        env: The environment.
        insecure: As for `Stores`.
        patience: As for `Stores`.
    """
    return Stores(env=env, insecure=insecure, patience=patience).open(location)
