"""A repository behind HTTP: the distribution API, request by request, byte for byte."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.canonical import read_json_object
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import MAX_MANIFEST_BYTES, Manifest
from gitless.model.media_types import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from gitless.model.reference import Location, check_tag
from gitless.registry import fallback
from gitless.registry.calls import Answer, Call, Counter
from gitless.registry.hosts import repository_path
from gitless.registry.names import read_manifest, read_tags, sorted_tags
from gitless.registry.patience import Deadline, TemporaryError
from gitless.registry.settling import pause_after, watch
from gitless.registry.transport import Transport
from gitless.registry.wire import absolute, digest_header, join_same_host, next_link

T = TypeVar("T")
_ACCEPT = {"Accept": ", ".join((OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX))}
_OCTETS = {"Content-Type": "application/octet-stream"}
_MAX_PAGES = 100
_MAX_LISTING_BYTES = 32 * 1024 * 1024
_LARGE = 8 * 1024 * 1024
_PARALLEL = 8
_LOOKS = 4
_NO_API = frozenset({400, 404, 405, 406})


class RemoteRepository:
    """One repository of a registry.

    Args:
        location: Where it is.
        transport: The session of its host, shared with other repositories.
    """

    def __init__(self, location: Location, transport: Transport) -> None:
        self._location = location
        self._name = repository_path(location.host, location.path)
        self._transport = transport
        self._base = f"{transport.home}/v2/{self._name}"
        self._counter = Counter()
        self._has_api: bool | None = None
        self._held: set[Digest] = set()
        self._entered: dict[Digest, float] = {}
        self._pushing: dict[Digest, threading.Lock] = {}

    @property
    def requests(self) -> int:
        """How many requests were sent for this repository, those for tokens included."""
        return self._counter.value

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the registry warned of, each text once."""
        return self._transport.warnings

    def resolve(self, tag: str) -> Digest | None:
        """See `ports.ManifestReader`; one HEAD, and a GET where the answer names no digest."""
        answer = self._send(
            f"resolve {self._location}:{tag}", "HEAD", f"manifests/{check_tag(tag)}", (200, 404), _ACCEPT
        )
        if answer.status == 404:
            return None
        digest = digest_header(answer.headers)
        if digest is not None:
            return digest
        manifest = self.fetch_manifest(tag)
        return manifest.digest if manifest else None

    def fetch_manifest(self, target: str | Digest) -> Manifest | None:
        """See `ports.ManifestReader`; one GET."""
        name = str(target) if isinstance(target, Digest) else check_tag(target)
        answer = self._send(
            f"fetch the manifest {name} of {self._location}",
            "GET",
            f"manifests/{name}",
            (200, 404),
            _ACCEPT,
            max_bytes=MAX_MANIFEST_BYTES,
        )
        if answer.status == 404:
            return None
        expected = target if isinstance(target, Digest) else digest_header(answer.headers)
        return read_manifest(answer.body, answer.headers.get("Content-Type", ""), expected)

    def push_manifest(self, manifest: Manifest, tag: str | None = None) -> None:
        """See `ports.ManifestWriter`; one PUT."""
        name = str(manifest.digest) if tag is None else check_tag(tag)
        answer = self._send(
            f"push the manifest {name} to {self._location}",
            "PUT",
            f"manifests/{name}",
            (200, 201, 202, 204),
            {"Content-Type": manifest.media_type},
            body=manifest.content,
        )
        stored = digest_header(answer.headers)
        if stored not in (None, manifest.digest):
            raise UntrustedContentError(
                f"The registry stored {self._location} under another digest.",
                why=f"It was sent {manifest.digest} and answered {stored}.",
            )

    def fetch_blob(self, descriptor: Descriptor, max_bytes: int) -> bytes:
        """See `ports.BlobStore`; one GET and its redirects."""
        doing = f"fetch the blob {descriptor.digest} of {self._location}"
        if descriptor.size > max_bytes:
            raise UntrustedContentError(
                f"Cannot {doing}.", why=f"It has {descriptor.size:,} of {max_bytes:,} bytes allowed."
            )
        deadline = self._transport.patience.deadline(descriptor.size)
        path = f"blobs/{descriptor.digest}"
        content = self._send(doing, "GET", path, (200,), {}, max_bytes=descriptor.size, deadline=deadline).body
        if len(content) != descriptor.size or Digest.of(content) != descriptor.digest:
            raise UntrustedContentError(
                f"Cannot {doing}.", why=f"The registry sent {len(content):,} bytes with digest {Digest.of(content)}."
            )
        return content

    def push_blob(self, blob: Blob) -> None:
        """See `ports.BlobStore`; two requests for new content, one for what is there, none for what this object sent.

        The upload is opened as a mount of the digest from the repository itself: a registry that holds it answers
        201 and the upload is over (distribution-spec 1.1, "mounting a blob").
        """
        digest = blob.descriptor.digest
        with self._pushing.setdefault(digest, threading.Lock()):
            if digest in self._held:
                return
            deadline = self._transport.patience.deadline(blob.descriptor.size)
            # an upload that broke cannot be resumed with a second PUT, so the whole of it is tried again
            self._transport.patience.run(lambda: self._upload(blob, deadline), deadline)
            self._held.add(digest)

    def list_referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`; the API and the fallback tag, side by side."""
        if self._has_api is False:
            return self._list_fallback(subject)
        api, index = _together(lambda: self._list_api(subject) or (), lambda: self._list_fallback(subject))
        return fallback.union(api, index)

    def attach(self, subject: Digest, referrers: Sequence[Manifest]) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`; manifests side by side, then one listing or one write of the fallback index."""
        wanted = {item.digest for item in referrers}
        pushes = [partial(self.push_manifest, item) for item in referrers]
        start = self._transport.patience.now()
        if self._has_api is False:
            index = _together(lambda: self.fetch_manifest(subject.fallback_tag), *pushes)[0]
        else:
            _together(*pushes)
            api = self._list_api(subject)
            if api is not None and wanted <= {item.digest for item in api}:
                return api
            index = self.fetch_manifest(subject.fallback_tag)
        entries = fallback.entries(self._enter(subject, referrers, index, start), subject)
        # readers that find the API never look at the fallback tag, so there the API itself has to show them in the end
        return self._await_listing(subject, wanted) if self._has_api else entries

    def settle(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; nothing to do where the registry lists referrers by itself."""
        pause = self._entered.pop(subject, None)
        if pause is not None:
            watch(self, subject, referrers, self._transport.patience, pause)

    def _enter(
        self, subject: Digest, referrers: Sequence[Manifest], index: Manifest | None, start: float
    ) -> Manifest | None:
        patience = self._transport.patience
        merged = fallback.merge(index, subject, referrers)
        if merged is None:
            return index
        self.push_manifest(merged, subject.fallback_tag)
        pause = self._entered[subject] = pause_after(patience.now() - start)
        return watch(self, subject, referrers, patience, pause)

    def _await_listing(self, subject: Digest, wanted: set[Digest]) -> tuple[Descriptor, ...]:
        patience = self._transport.patience
        for attempt in range(_LOOKS):
            api = self._list_api(subject) or ()
            if wanted <= {item.digest for item in api}:
                return api
            patience.sleep(patience.uniform(0.5, 1.5) * patience.backoff_seconds * 2**attempt)
        raise RemoteError(
            f"The registry does not list the evidence of {self._location}@{subject}.",
            why="It has the referrers API and leaves out what was just stored; Flux and cosign would not find it.",
            hint="Run the same command again later; if it stays so, the registry's referrers API is broken.",
            temporary=True,
        )

    def list_tags(self, after: str = "") -> tuple[str, ...]:
        """See `ports.TagLister`; asks for what comes after `after`, and filters what older registries send anyway."""
        last = f"&last={quote(check_tag(after))}" if after else ""
        url, seen, size, tags = f"{self._base}/tags/list?n=1000{last}", set[str](), 0, set[str]()
        deadline = self._transport.patience.deadline()
        while url and url not in seen:
            seen.add(url)
            answer = self._page(f"list the tags of {self._location}", url, (200, 404), size, len(seen), deadline)
            if answer.status == 404:
                break
            size += len(answer.body)
            tags.update(read_tags(answer.body))
            url = _next(answer)
        return sorted_tags(tags, after)

    def _list_api(self, subject: Digest) -> tuple[Descriptor, ...] | None:
        url, seen, size = f"{self._base}/referrers/{subject}", set[str](), 0
        found: list[tuple[Descriptor, ...]] = []
        deadline = self._transport.patience.deadline()
        while url and url not in seen:
            seen.add(url)
            doing = f"list the evidence of {self._location}@{subject}"
            answer = self._page(doing, url, (200, *_NO_API), size, len(seen), deadline)
            media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
            if answer.status in _NO_API or media_type != OCI_INDEX:
                self._learn_absence(answer)
                return None
            size += len(answer.body)
            found.append(fallback.listed(read_json_object(answer.body, "The registry's list of evidence")))
            url = _next(answer)
        self._has_api = True
        return fallback.union(*found)

    def _learn_absence(self, answer: Answer) -> None:
        # a registry with the API may also say 404 for a repository that holds nothing yet
        if b"NAME_UNKNOWN" not in answer.body and self._has_api is None:
            self._has_api = False

    def _list_fallback(self, subject: Digest) -> tuple[Descriptor, ...]:
        return fallback.entries(self.fetch_manifest(subject.fallback_tag), subject)

    def _upload(self, blob: Blob, deadline: Deadline) -> None:
        digest = blob.descriptor.digest
        doing = f"push the blob {digest} to {self._location}"
        answer = self._open_upload(doing, digest, deadline)
        if answer.status == 201 or (blob.descriptor.size > _LARGE and self._holds(digest, deadline)):
            return
        location = absolute(answer.url, answer.headers.get("Location", ""))
        url = f"{location}{'&' if '?' in location else '?'}digest={quote(str(digest), safe='')}"
        body = blob if blob.descriptor.size else b""
        done = self._once(Call(doing, "PUT", url, self._name, (200, 201, 204), _OCTETS, body), deadline)
        if digest_header(done.headers) not in (None, digest):
            raise UntrustedContentError(f"Cannot {doing}.", why="The registry stored it under another digest.")

    def _open_upload(self, doing: str, digest: Digest, deadline: Deadline) -> Answer:
        uploads = f"{self._base}/blobs/uploads/"
        mount = f"{uploads}?mount={quote(str(digest), safe='')}&from={quote(self._name, safe='')}"
        try:
            answer = self._once(Call(doing, "POST", mount, self._name, (201, 202)), deadline)
        except TemporaryError:
            raise
        except RemoteError as error:
            if error.status not in (400, 404, 405):
                raise
            return self._once(Call(doing, "POST", uploads, self._name, (202,)), deadline)
        if answer.status == 201 and digest_header(answer.headers) not in (None, digest):
            return self._once(Call(doing, "POST", uploads, self._name, (202,)), deadline)
        return answer

    def _holds(self, digest: Digest, deadline: Deadline) -> bool:
        call = Call(f"look for {digest}", "HEAD", f"{self._base}/blobs/{digest}", self._name, (200, 404))
        return self._once(call, deadline).status == 200

    def _once(self, call: Call, deadline: Deadline) -> Answer:
        return self._transport.once(call, self._counter, deadline)

    def _page(self, doing: str, url: str, accept: tuple[int, ...], size: int, page: int, deadline: Deadline) -> Answer:
        if page > _MAX_PAGES:
            raise UntrustedContentError(f"Cannot {doing}.", why=f"The listing has more than {_MAX_PAGES} pages.")
        limit = min(MAX_MANIFEST_BYTES, _MAX_LISTING_BYTES - size)
        call = Call(doing, "GET", url, self._name, accept, {"Accept": f"{OCI_INDEX}, application/json"}, None, limit)
        return self._transport.send(call, self._counter, deadline)

    def _send(
        self,
        doing: str,
        method: str,
        path: str,
        accept: tuple[int, ...],
        headers: dict[str, str],
        deadline: Deadline | None = None,
        **more: Any,
    ) -> Answer:
        call = Call(doing, method, f"{self._base}/{path}", self._name, accept, headers, **more)
        return self._transport.send(call, self._counter, deadline or self._transport.patience.deadline())


def _next(answer: Answer) -> str:
    target = next_link(answer.headers.get("Link", ""))
    return join_same_host(answer.url, target) if target else ""


def _together(*actions: Callable[[], T]) -> list[T]:
    """Do independent requests side by side; the first failure is raised when all have ended."""
    if len(actions) < 2:
        return [action() for action in actions]
    with ThreadPoolExecutor(min(_PARALLEL, len(actions)), "registry") as pool:
        return [future.result() for future in [pool.submit(action) for action in actions]]
