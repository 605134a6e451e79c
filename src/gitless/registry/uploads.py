"""Blobs on their way into one repository: nothing is sent that the registry is known to hold."""

from __future__ import annotations

import threading
from urllib.parse import quote

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.registry.calls import Answer, Call
from gitless.registry.endpoint import Endpoint
from gitless.registry.wire import absolute, digest_header
from gitless.web.patience import Deadline, TemporaryError

_OCTETS = {"Content-Type": "application/octet-stream"}
_LARGE = 8 * 1024 * 1024
_NO_MOUNT = frozenset({400, 404, 405})


class Uploads:
    """Puts blobs into one repository; safe to use from several threads.

    Args:
        endpoint: The repository.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._holdings = endpoint.transport.holdings
        self._held: set[Digest] = set()
        self._pushing: dict[Digest, threading.Lock] = {}

    def push(self, blob: Blob) -> None:
        """See to it that the repository holds a blob.

        Two requests for new content, one for what is there, none for what this object sent. The upload is opened as a
        mount: of what this run has put into another repository of the host, else from the repository itself. A
        registry that finds it there answers 201 and the upload is over; any other one answers 202 and the upload is
        an ordinary one (distribution-spec 1.1, "mounting a blob from another repository").

        Raises:
            RemoteError: The registry refused, or stored it under another digest.
        """
        digest = blob.descriptor.digest
        with self._pushing.setdefault(digest, threading.Lock()):
            if digest in self._held:
                return
            deadline = self._endpoint.patience.deadline(blob.descriptor.size)
            # an upload that broke cannot be resumed with a second PUT, so the whole of it is tried again
            self._endpoint.patience.run(lambda: self._upload(blob, deadline), deadline)
            self._held.add(digest)
            self._holdings.add(digest, self._endpoint.name)

    def _upload(self, blob: Blob, deadline: Deadline) -> None:
        digest = blob.descriptor.digest
        doing = f"push the blob {digest} to {self._endpoint.location}"
        answer = self._open_upload(doing, digest, deadline)
        if answer.status == 201 or (blob.descriptor.size > _LARGE and self._holds(digest, deadline)):
            return
        location = absolute(answer.url, answer.headers.get("Location", ""))
        url = f"{location}{'&' if '?' in location else '?'}digest={quote(str(digest), safe='')}"
        body = blob if blob.descriptor.size else b""
        done = self._endpoint.once(
            Call(doing, "PUT", url, self._endpoint.name, (200, 201, 204), _OCTETS, body), deadline
        )
        if digest_header(done.headers) not in (None, digest):
            raise UntrustedContentError(f"Cannot {doing}.", why="The registry stored it under another digest.")

    def _open_upload(self, doing: str, digest: Digest, deadline: Deadline) -> Answer:
        own = self._endpoint.name
        lender = self._holdings.lender(digest, own)
        answer = self._mount(doing, digest, lender, deadline)
        if answer is None and lender != own:
            # not allowed, or not known: what another repository holds is a hint and never needed
            self._holdings.refuse()
            answer = self._mount(doing, digest, own, deadline)
        if answer is None or (answer.status == 201 and digest_header(answer.headers) not in (None, digest)):
            uploads = f"{self._endpoint.base}/blobs/uploads/"
            return self._endpoint.once(Call(doing, "POST", uploads, own, (202,)), deadline)
        return answer

    def _mount(self, doing: str, digest: Digest, lender: str, deadline: Deadline) -> Answer | None:
        """Open an upload as a mount; None where the registry refuses it as one."""
        own = self._endpoint.name
        query = f"mount={quote(str(digest), safe='')}&from={quote(lender, safe='')}"
        call = Call(doing, "POST", f"{self._endpoint.base}/blobs/uploads/?{query}", own, (201, 202))
        try:
            return self._endpoint.once(call, deadline)
        except RemoteError as error:
            if not _refuses_mount(error, loan=lender != own):
                raise
            return None

    def _holds(self, digest: Digest, deadline: Deadline) -> bool:
        call = Call(
            f"look for {digest}", "HEAD", f"{self._endpoint.base}/blobs/{digest}", self._endpoint.name, (200, 404)
        )
        return self._endpoint.once(call, deadline).status == 200


def _refuses_mount(error: RemoteError, *, loan: bool) -> bool:
    """Whether to open the upload in another way; a loan is given up on any failure that does not ask us to wait."""
    if isinstance(error, TemporaryError):
        return loan and error.wait_seconds is None
    return error.status in _NO_MOUNT or (loan and error.status in (401, 403))
