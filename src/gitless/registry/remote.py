"""A repository behind HTTP: the distribution API, request by request, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from gitless.errors import UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import MAX_MANIFEST_BYTES, Manifest
from gitless.model.media_types import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from gitless.model.reference import Location, check_tag
from gitless.registry.endpoint import Endpoint
from gitless.registry.names import read_manifest, read_tags, sorted_tags
from gitless.registry.referrers import Referrers
from gitless.registry.transport import Transport
from gitless.registry.uploads import Uploads
from gitless.registry.wire import digest_header

_ACCEPT = {"Accept": ", ".join((OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX))}


class RemoteRepository:
    """One repository of a registry.

    Args:
        location: Where it is.
        transport: The session of its host, shared with other repositories.
    """

    def __init__(self, location: Location, transport: Transport) -> None:
        self._location = location
        self._endpoint = Endpoint(location, transport)
        self._uploads = Uploads(self._endpoint)
        self._referrers = Referrers(self._endpoint, self)

    @property
    def requests(self) -> int:
        """How many requests were sent for this repository, those for tokens included."""
        return self._endpoint.counter.value

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the registry warned of, each text once."""
        return self._endpoint.transport.warnings

    def resolve(self, tag: str) -> Digest | None:
        """See `ports.ManifestReader`; one HEAD, and a GET where the answer names no digest."""
        answer = self._endpoint.send(
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
        answer = self._endpoint.send(
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
        answer = self._endpoint.send(
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
        deadline = self._endpoint.patience.deadline(descriptor.size)
        path = f"blobs/{descriptor.digest}"
        content = self._endpoint.send(doing, "GET", path, (200,), {}, max_bytes=descriptor.size, deadline=deadline).body
        if len(content) != descriptor.size or Digest.of(content) != descriptor.digest:
            raise UntrustedContentError(
                f"Cannot {doing}.", why=f"The registry sent {len(content):,} bytes with digest {Digest.of(content)}."
            )
        return content

    def push_blob(self, blob: Blob) -> None:
        """See `ports.BlobStore`; two requests for new content, one for what is there, none for what was sent."""
        self._uploads.push(blob)

    def list_referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`; the API and the fallback tag, side by side."""
        return self._referrers.listing(subject)

    def attach(self, subject: Digest, referrers: Sequence[Manifest]) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`; manifests side by side, then one listing or one write of the fallback index."""
        return self._referrers.attach(subject, referrers)

    def confirm(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; nothing to do where the registry lists referrers by itself."""
        self._referrers.confirm(subject, referrers)

    def settle(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; nothing to do where the registry lists referrers by itself."""
        self._referrers.settle(subject, referrers)

    def list_tags(self, after: str = "") -> tuple[str, ...]:
        """See `ports.TagLister`; asks for what comes after `after`, and filters what older registries send anyway."""
        last, tags = f"&last={quote(check_tag(after))}" if after else "", set[str]()
        doing = f"list the tags of {self._location}"
        for answer in self._endpoint.pages(doing, f"tags/list?n=1000{last}", (200, 404)):
            if answer.status == 404:
                break
            tags.update(read_tags(answer.body))
        return sorted_tags(tags, after)
