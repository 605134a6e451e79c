"""Small JSON documents from the platform's own services: the job's token, an issuer's configuration and keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitless.errors import UsageError
from gitless.model.canonical import read_json_object
from gitless.model.secret import Secret
from gitless.model.web import check_web_address
from gitless.ports import Clock
from gitless.web.patience import Patience
from gitless.web.session import Request, Session

PATIENCE = Patience(attempts=4, total_seconds=30.0, connect_seconds=5.0, read_seconds=10.0)


class Documents:
    """Asks for JSON objects; safe to use from several threads.

    Args:
        env: Proxies and certificate files.
        clock: The current time; only a Retry-After date needs it.
        patience: Limits and retry of one document.
    """

    def __init__(self, env: Mapping[str, str], clock: Clock, patience: Patience = PATIENCE) -> None:
        self._session = Session(env, patience, clock.now)

    def get(self, url: str, doing: str, max_bytes: int, authorization: Secret | None = None) -> dict[str, Any]:
        """The JSON object at an address.

        Args:
            url: https, or http on loopback; its query may hold what errors must not show.
            doing: What for, after "Cannot".
            max_bytes: Longest answer that is read.
            authorization: Value of the Authorization header; it goes to this address only.

        Raises:
            UsageError: The address may not be asked.
            RemoteError: No such answer in time; a redirect is none.
            UntrustedContentError: The answer is too long, or no JSON object.
        """
        try:
            check_web_address(url.partition("?")[0])
        except ValueError as error:
            raise UsageError(f"Cannot {doing}.", why=f"Its address {error}.") from error
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = authorization.reveal()
        answer = self._session.send(Request(doing, "GET", url, headers, max_bytes=max_bytes))
        return read_json_object(answer.body, f"The answer to the request to {doing}")
