"""What one repository of a registry lets this run do, found out without leaving anything there."""

from __future__ import annotations

from urllib.parse import urlsplit

from gitless.errors import GitlessError
from gitless.model.digest import Digest
from gitless.model.reference import Location
from gitless.registry.calls import Call
from gitless.registry.endpoint import Endpoint
from gitless.registry.referrers import Referrers
from gitless.registry.remote import RemoteRepository
from gitless.registry.transport import Transport
from gitless.registry.wire import absolute, origin

_GONE = (200, 202, 204, 404)


class RemoteTrial:
    """Implements `ports.RegistryTrial` over HTTP.

    Args:
        location: The repository.
        transport: The session of its host.
    """

    def __init__(self, location: Location, transport: Transport) -> None:
        self._endpoint = Endpoint(location, transport)
        self._repository = RemoteRepository(location, transport)
        self._referrers = Referrers(self._endpoint, self._repository)

    def resolve(self, tag: str) -> Digest | None:
        """See `ports.RegistryTrial`."""
        return self._repository.resolve(tag)

    def try_upload(self) -> str:
        """See `ports.RegistryTrial`; a POST that opens an upload, and a DELETE of the address it gave."""
        doing = f"start an upload to {self._endpoint.location}"
        url = f"{self._endpoint.base}/blobs/uploads/"
        deadline = self._endpoint.patience.deadline()
        # sent once: an upload whose answer was lost could not be cancelled
        answer = self._endpoint.once(Call(doing, "POST", url, self._endpoint.name, (202,)), deadline)
        address = absolute(answer.url, answer.headers.get("Location", ""))
        if not _is_upload(url, address):
            return "It was not cancelled: the registry gave no address of an upload of its own."
        cancel = Call(f"cancel an upload to {self._endpoint.location}", "DELETE", address, self._endpoint.name, _GONE)
        try:
            self._endpoint.once(cancel, deadline)
        except GitlessError as error:
            status = getattr(error, "status", None)
            return f"It could not be cancelled{f': the registry answered {status}' if status else ''}."
        return ""

    def has_referrers_api(self) -> bool | None:
        """See `ports.RegistryTrial`; one GET about a digest that nothing has."""
        return self._referrers.has_api()


def _is_upload(opened: str, address: str) -> bool:
    """Whether an address may be sent a DELETE: one of this registry's uploads, and by no trick a manifest or a blob."""
    path = urlsplit(address).path.lower()
    is_plain = not any(sign in path for sign in ("%", ":", "/manifests/"))
    return origin(opened) == origin(address) and address != opened and is_plain and "uploads/" in path
