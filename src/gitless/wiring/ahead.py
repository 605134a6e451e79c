"""Reads what channels name while the rest of the program is still being loaded and built."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from gitless.model.manifest import Manifest
from gitless.model.reference import Location

if TYPE_CHECKING:
    from gitless.registry.open import Stores

_THREADS = 8


class ReadAhead:
    """Fetches one tag of several repositories on threads that never keep the process from ending.

    Args:
        stores: Opens the repositories; connections are prepared first.
        locations: The repositories.
        tag: The tag.
    """

    def __init__(self, stores: Stores, locations: Sequence[Location], tag: str) -> None:
        self._futures: dict[Location, Future[Manifest | None]] = {location: Future() for location in locations}
        self._waiting: queue.SimpleQueue[Location] = queue.SimpleQueue()
        for location in self._futures:
            self._waiting.put(location)
        self._stores, self._tag = stores, tag
        for number in range(min(_THREADS, len(self._futures))):
            threading.Thread(target=self._work, args=(number == 0,), daemon=True).start()

    def result(self, location: Location) -> Manifest | None:
        """What the tag names there; waits for the answer.

        Raises:
            RemoteError: The store failed.
        """
        return self._futures[location].result()

    def _work(self, first: bool) -> None:
        if first:
            self._stores.prepare(self._futures)
        while True:
            try:
                location = self._waiting.get_nowait()
            except queue.Empty:
                return
            future = self._futures[location]
            try:
                future.set_result(self._stores.open(location).fetch_manifest(self._tag))
            except BaseException as error:  # whoever asks for the result gets it, whatever it is
                future.set_exception(error)
