"""The token realm of a host: what a token request looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import requests

from gitless.model.secret import Secret
from gitless.registry.calls import Call

_SECRET_FIELDS = ("password", "refresh_token")


class Realm:
    """Asks for tokens on behalf of one call.

    Args:
        call: What the token is needed for.
        send: Sends a token request with an Authorization and returns the body of its 200 answer.
    """

    def __init__(self, call: Call, send: Callable[[Call, Secret | None], bytes]) -> None:
        self._call, self._send = call, send

    def ask(self, method: str, url: str, *, fields: Mapping[str, str], authorization: Secret | None) -> bytes:
        """See `auth.AskRealm`: fields go into the query of a GET, and into the form of a POST.

        Raises:
            RemoteError: The realm refused.
        """
        prepared = requests.Request(method, url, params=fields if method == "GET" else None).prepare()
        form = requests.Request("POST", url, data=fields).prepare() if method == "POST" else None
        call = Call(
            f"get a token to {self._call.doing}",
            method,
            prepared.url or url,
            self._call.repository,
            headers={"Content-Type": "application/x-www-form-urlencoded"} if form else {},
            body=str(form.body).encode() if form else None,
            secrets=tuple(value for name, value in fields.items() if name in _SECRET_FIELDS),
        )
        return self._send(call, authorization)
