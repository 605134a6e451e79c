"""Work on a thread of its own, beside what the caller does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def beside(work: Callable[[], T]) -> Future[T]:
    """Run something on a thread that never keeps the process from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # whoever asks for the result gets it, whatever it is
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
