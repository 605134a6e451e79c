"""One repository's address in the distribution API, and the ways to ask it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitless.errors import UntrustedContentError
from gitless.model.manifest import MAX_MANIFEST_BYTES
from gitless.model.media_types import OCI_INDEX
from gitless.model.reference import Location
from gitless.registry.calls import Answer, Call, Counter
from gitless.registry.hosts import repository_path
from gitless.registry.transport import Transport
from gitless.registry.wire import join_same_host, next_link
from gitless.web.patience import Deadline, Patience

_MAX_PAGES = 100
_MAX_LISTING_BYTES = 32 * 1024 * 1024


class Endpoint:
    """Where the requests of one repository go, and how many there were.

    Args:
        location: The repository, as the user names it.
        transport: The session of its host, shared with other repositories.

    Attributes:
        location: As given.
        name: The repository's name in the API.
        transport: As given.
        base: The address that all of its requests begin with.
        counter: Counts them.
    """

    def __init__(self, location: Location, transport: Transport) -> None:
        self.location = location
        self.name = repository_path(location.host, location.path)
        self.transport = transport
        self.base = f"{transport.home}/v2/{self.name}"
        self.counter = Counter()

    @property
    def patience(self) -> Patience:
        """Limits and retry."""
        return self.transport.patience

    def send(
        self,
        doing: str,
        method: str,
        path: str,
        accept: tuple[int, ...],
        headers: dict[str, str],
        deadline: Deadline | None = None,
        **more: Any,
    ) -> Answer:
        """Send a request, and again while it fails in a way that may pass.

        Args:
            doing: What it is for, after "Cannot".
            method: The HTTP method.
            path: Where, below the repository's address.
            accept: Statuses that are an answer.
            headers: Headers of the request.
            deadline: When it has to be over; a fresh one where none is given.
            more: Further fields of `Call`.

        Raises:
            RemoteError: Any other answer.
        """
        call = Call(doing, method, f"{self.base}/{path}", self.name, accept, headers, **more)
        return self.transport.send(call, self.counter, deadline or self.patience.deadline())

    def once(self, call: Call, deadline: Deadline) -> Answer:
        """Send a request once; see `Transport.once`."""
        return self.transport.once(call, self.counter, deadline)

    def pages(self, doing: str, path: str, accept: tuple[int, ...]) -> Iterator[Answer]:
        """The pages of a listing, each asked for when it is wanted; links may lead to the same host only.

        Raises:
            UntrustedContentError: There are too many pages, or together they are too long.
            RemoteError: Any answer that is not accepted.
        """
        url, seen, size = f"{self.base}/{path}", set[str](), 0
        deadline = self.patience.deadline()
        headers = {"Accept": f"{OCI_INDEX}, application/json"}
        while url and url not in seen:
            seen.add(url)
            if len(seen) > _MAX_PAGES:
                raise UntrustedContentError(f"Cannot {doing}.", why=f"The listing has more than {_MAX_PAGES} pages.")
            limit = min(MAX_MANIFEST_BYTES, _MAX_LISTING_BYTES - size)
            call = Call(doing, "GET", url, self.name, accept, headers, None, limit)
            answer = self.transport.send(call, self.counter, deadline)
            yield answer
            size += len(answer.body)
            target = next_link(answer.headers.get("Link", ""))
            url = join_same_host(answer.url, target) if target else ""
