"""RFC 3161 timestamps over signatures: asked for, and compared with what was asked.

Who signed a timestamp is not judged here: a bundle with a certificate is verified whole against the trusted root, and
in key mode the verifier brings the authority it trusts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from gitless.errors import UntrustedContentError, UsageError
from gitless.web.addresses import is_safe, origin_text
from gitless.web.patience import Deadline, Patience
from gitless.web.session import Request, Session

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

PATIENCE = Patience(attempts=30, total_seconds=120.0, read_seconds=30.0)
_DOING = "get a timestamp"
_GRANTED = (0, 1)  # RFC 3161, 2.4.2: granted, grantedWithMods
_MAX_RESPONSE = 64 * 1024


class TimestampAuthority:
    """One authority; stands where sigstore's own client would, with limits and retry. Safe to use from several threads.

    Args:
        url: Its whole address.
        session: Sends the requests.
        deadline: Makes the deadline of one timestamp.

    Raises:
        UsageError: The address is not https (http on this machine).
    """

    def __init__(self, url: str, session: Session, deadline: Callable[[], Deadline] | None = None) -> None:
        if not is_safe(url):
            raise UsageError(
                "The timestamp authority's address is refused.",
                why=f"{origin_text(url)[:200]} is not https.",
                hint="Plain http is for services on this machine only.",
            )
        self.url = url
        self._session = session
        self._deadline = deadline or session.patience.deadline

    def request_timestamp(self, signature: bytes) -> TimeStampResponse:
        """Get a timestamp over a signature.

        Raises:
            UntrustedContentError: The answer is none, or about something else than what was asked.
            RemoteError: The authority failed.
        """
        from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response
        from rfc3161_client.base import HashAlgorithm

        asked = TimestampRequestBuilder().hash_algorithm(HashAlgorithm.SHA256).data(signature).nonce(nonce=True).build()
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        call = Request(_DOING, "POST", self.url, headers, asked.as_bytes(), accept=(200, 201), max_bytes=_MAX_RESPONSE)
        answer = self._session.send(call, self._deadline())
        try:
            response = decode_timestamp_response(answer.body)
            self._check(asked, response, signature)
        except ValueError as error:
            raise self._unusable("It is no RFC 3161 timestamp response.") from error
        return response

    def stamp(self, signature: bytes) -> bytes:
        """As `request_timestamp`, in the bytes that go into a bundle."""
        return self.request_timestamp(signature).as_bytes()

    def _check(self, asked: TimeStampRequest, response: TimeStampResponse, signature: bytes) -> None:
        if response.status not in _GRANTED:
            raise self._unusable(f"It was not granted (status {response.status}).")
        info = response.tst_info
        if info.nonce != asked.nonce:
            raise self._unusable("It answers another request: its nonce differs.")
        if info.message_imprint.message != hashlib.sha256(signature).digest():
            raise self._unusable("It is about another signature.")

    def _unusable(self, why: str) -> UntrustedContentError:
        return UntrustedContentError(f"Cannot {_DOING}.", why=f"{origin_text(self.url)}: {why}")
