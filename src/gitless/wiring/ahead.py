"""Reads what channels name while the rest of the program is still being loaded and built."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.model.component import DEFAULT_CHANNEL
from gitless.model.manifest import Manifest
from gitless.model.reference import Location, check_tag
from gitless.wiring.request import PublishRequest

if TYPE_CHECKING:
    from gitless.registry.open import Stores

_THREADS = 8
Wanted = tuple[Location, str]


class ReadAhead:
    """Fetches one tag of several repositories on threads that never keep the process from ending.

    Args:
        stores: Opens the repositories; connections are prepared first.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._futures: dict[Wanted, Future[Manifest | None]] = {}
        self._waiting: queue.SimpleQueue[Wanted] = queue.SimpleQueue()

    def begin(self, locations: Iterable[Location], tag: str) -> None:
        """Start reading what has not been started before."""
        new = [key for location in locations if (key := (location, tag)) not in self._futures]
        for key in new:
            self._futures[key] = Future()
            self._waiting.put(key)
        for number in range(min(_THREADS, len(new))):
            threading.Thread(target=self._work, args=(new if number == 0 else (),), daemon=True).start()

    def result(self, location: Location, tag: str) -> Manifest | None:
        """What the tag names there; waits for the answer.

        Raises:
            RemoteError: The store failed.
        """
        return self._futures[location, tag].result()

    def _work(self, prepare: Iterable[Wanted]) -> None:
        while True:
            try:
                key = self._waiting.get_nowait()
            except queue.Empty:
                return
            future = self._futures[key]
            location, tag = key
            try:
                self._stores.prepare([one for one, _ in prepare])
                prepare = ()
                future.set_result(self._stores.open(location).fetch_manifest(tag))
            except BaseException as error:  # whoever asks for the result gets it, whatever it is
                future.set_exception(error)


def likely(request: PublishRequest, env: Mapping[str, str]) -> tuple[list[Location], str]:
    """Where publish will look, as far as flags and variables tell before the configuration is read.

    A guess costs nothing when it is wrong: it is read and not used. What is malformed is left to the configuration,
    which says so.

    Returns:
        Locations, none where there is nothing to tell, and the channel.
    """
    registry = request.registry or env.get("GITLESS_REGISTRY")
    path = request.path or env.get("GITLESS_PATH")
    channel = request.channel or env.get("GITLESS_CHANNEL") or DEFAULT_CHANNEL
    if not (registry and path):
        return [], channel
    name = request.name or env.get("GITLESS_NAME") or Path(path).resolve().name
    try:
        return [Location.parse(registry).child(name)], check_tag(channel)
    except UsageError:
        return [], channel
