"""Rekor, versions 1 and 2: one log entry for one signature, made once.

An entry that is there already is taken as it is: version 1 answers 409 with its address, which is what a repeated
request gets when the answer to the first was lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from gitless.errors import RemoteError, UntrustedContentError
from gitless.signing.instance import Version
from gitless.web.patience import Deadline
from gitless.web.session import Answer, Request, Session

_DOING = "write to the transparency log"
_ENTRY_ID = re.compile(r"[0-9a-f]{64,80}")


class RepeatedEntryError(RemoteError):
    """The log has this very entry and gives no proof for it: Rekor 2, when the answer to the first request was lost."""


class Rekor:
    """Writes entries, from several threads; stands where sigstore's own client would, with limits and retry.

    Args:
        base: The log's base address.
        version: The major version of its API.
        session: Sends the requests, as fast as its pace lets it.
        deadline: Makes the deadline of one entry.
    """

    def __init__(self, base: str, version: Version, session: Session, deadline: Callable[[], Deadline]) -> None:
        self._url = f"{base}/api/v{version}/log/entries"
        self._version: Version = version
        self._session, self._deadline = session, deadline
        self._words = _words(base, version)

    def create_entry(self, request: Any) -> Any:
        """Write an entry and return it as the log has it, with its proof.

        Args:
            request: The entry's JSON object.

        Raises:
            RepeatedEntryError: The entry is in a version 2 log, which gives no proof for it.
            UntrustedContentError: The answer is no log entry.
            RemoteError: Any other failure.
        """
        deadline = self._deadline()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        call = Request(_DOING, "POST", self._url, headers, json.dumps(request).encode(), accept=(200, 201, 409))
        answer = self._session.send(call, deadline)
        if answer.status == 409:
            answer = self._existing(answer, deadline)
        return self._parse(answer)

    def _existing(self, answer: Answer, deadline: Deadline) -> Answer:
        if self._version != 1:
            raise RepeatedEntryError(
                f"Cannot {_DOING}.", why="It has this entry already and gives no proof for it.", status=409
            )
        # only the id is taken from the answer, never the host
        path = urlsplit(answer.headers.get("Location", "")).path
        entry_id = path.rpartition("/")[2]
        if not _ENTRY_ID.fullmatch(entry_id):
            raise UntrustedContentError(f"Cannot {_DOING}.", why="It answered 409 without the entry's address.")
        call = Request(_DOING, "GET", f"{self._url}/{entry_id}", {"Accept": "application/json"})
        return self._session.send(call, deadline)

    def _parse(self, answer: Answer) -> Any:
        from sigstore.errors import Error
        from sigstore.models import TransparencyLogEntry
        from sigstore_models.rekor.v1 import TransparencyLogEntry as Inner

        try:
            if self._version == 2:
                return TransparencyLogEntry(Inner.from_json(answer.body))
            return TransparencyLogEntry._from_v1_response(json.loads(answer.body))  # noqa: SLF001  # no public way
        except (Error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UntrustedContentError(
                f"Cannot {_DOING}.", why="Its answer is no log entry with an inclusion proof."
            ) from error

    def _build_dsse_request(self, envelope: Any, certificate: Any) -> Any:
        return self._words._build_dsse_request(envelope=envelope, certificate=certificate)  # noqa: SLF001

    def _build_hashed_rekord_request(self, hashed_input: Any, signature: Any, certificate: Any) -> Any:
        return self._words._build_hashed_rekord_request(  # noqa: SLF001
            hashed_input=hashed_input, signature=signature, certificate=certificate
        )


def _words(base: str, version: Version) -> Any:
    """The client sigstore has of this version: it words the requests and sends none."""
    if version == 1:
        from sigstore._internal.rekor.client import RekorClient

        return RekorClient(base)
    from sigstore._internal.rekor.client_v2 import RekorV2Client

    return RekorV2Client(base)
