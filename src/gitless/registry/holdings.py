"""Which repositories of one host hold which blobs, as far as this run has put them there itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gitless.model.digest import Digest


class Holdings:
    """Remembers one repository for each blob, so that the next one can mount it instead of taking it once more.

    Args:
        shares_access: Whether what is allowed to write one repository may read another one too.
    """

    def __init__(self, shares_access: Callable[[str, str], bool]) -> None:
        self._shares_access = shares_access
        self._lock = threading.Lock()
        self._holders: dict[Digest, str] = {}
        self._is_refused = False

    def add(self, digest: Digest, repository: str) -> None:
        """Remember that a repository, by its name in the API, holds a blob now."""
        with self._lock:
            self._holders.setdefault(digest, repository)

    def lender(self, digest: Digest, repository: str) -> str:
        """Where `repository` may mount a blob from: another one that holds it, else itself."""
        with self._lock:
            holder = repository if self._is_refused else self._holders.get(digest, repository)
        return holder if holder == repository or self._shares_access(repository, holder) else repository

    def refuse(self) -> None:
        """Remember that this host does not let one repository mount from another: it is not asked again."""
        with self._lock:
            self._is_refused = True
