"""The evidence of one repository's artifacts: the referrers API where there is one, the fallback tag where not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from gitless.errors import RemoteError
from gitless.model.canonical import read_json_object
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import OCI_INDEX
from gitless.registry import fallback
from gitless.registry.calls import Answer
from gitless.registry.endpoint import Endpoint
from gitless.registry.settling import IndexStore, pause_after, watch

T = TypeVar("T")
_PARALLEL = 8
_LOOKS = 4
_NOBODY = Digest.parse(f"sha256:{'0' * 64}")
_NO_API = frozenset({400, 404, 405, 406})


class Referrers:
    """Lists and attaches referrers in one repository, and learns whether its registry has the API.

    Args:
        endpoint: The repository.
        store: Reads and writes its manifests.
    """

    def __init__(self, endpoint: Endpoint, store: IndexStore) -> None:
        self._endpoint, self._store = endpoint, store
        self._has_api: bool | None = None
        self._entered: dict[Digest, tuple[float, Digest]] = {}
        self._unconfirmed: set[Digest] = set()

    def listing(self, subject: Digest) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`; the API and the fallback tag, side by side."""
        if self._has_api is False:
            return self._list_fallback(subject)
        api, index = _together(lambda: self._list_api(subject) or (), lambda: self._list_fallback(subject))
        return fallback.union(api, index)

    def has_api(self) -> bool | None:
        """Whether the registry has the API, asked about a digest that nothing has; None where it does not say."""
        self._list_api(_NOBODY)
        return self._has_api

    def attach(self, subject: Digest, referrers: Sequence[Manifest]) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`; manifests side by side, then one listing or one write of the fallback index."""
        wanted = {item.digest for item in referrers}
        pushes = [partial(self._store.push_manifest, item) for item in referrers]
        start = self._endpoint.patience.now()
        if self._has_api is False:
            index = _together(lambda: self._store.fetch_manifest(subject.fallback_tag), *pushes)[0]
        else:
            _together(*pushes)
            api = self._list_api(subject)
            if api is not None and wanted <= {item.digest for item in api}:
                return api
            index = self._store.fetch_manifest(subject.fallback_tag)
        entries = fallback.entries(self._enter(subject, referrers, index, start), subject)
        # readers that find the API never look at the fallback tag, so there the API itself has to show them in the end
        return self._await_listing(subject, wanted) if self._has_api else entries

    def confirm(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; the API's own listing was read when they were attached."""
        if subject in self._unconfirmed:
            pause, last = self._entered[subject]
            last = watch(self._store, subject, referrers, self._endpoint.patience, pause, last, at_once=True)
            self._entered[subject] = (pause, last)
            self._unconfirmed.discard(subject)

    def settle(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; nothing to do where the registry lists referrers by itself."""
        self.confirm(subject, referrers)
        entered = self._entered.pop(subject, None)
        if entered is not None:
            watch(self._store, subject, referrers, self._endpoint.patience, *entered)

    def _enter(
        self, subject: Digest, referrers: Sequence[Manifest], index: Manifest | None, start: float
    ) -> Manifest | None:
        patience = self._endpoint.patience
        merged = fallback.merge(index, subject, referrers)
        if merged is None:
            return index
        self._store.push_manifest(merged, subject.fallback_tag)
        self._entered[subject] = (pause_after(patience.now() - start), merged.digest)
        self._unconfirmed.add(subject)
        return merged

    def _await_listing(self, subject: Digest, wanted: set[Digest]) -> tuple[Descriptor, ...]:
        patience = self._endpoint.patience
        for attempt in range(_LOOKS):
            api = self._list_api(subject) or ()
            if wanted <= {item.digest for item in api}:
                return api
            patience.sleep(patience.uniform(0.5, 1.5) * patience.backoff_seconds * 2**attempt)
        raise RemoteError(
            f"The registry does not list the evidence of {self._endpoint.location}@{subject}.",
            why="It has the referrers API and leaves out what was just stored; Flux and cosign would not find it.",
            hint="Run the same command again later; if it stays so, the registry's referrers API is broken.",
            temporary=True,
        )

    def _list_api(self, subject: Digest) -> tuple[Descriptor, ...] | None:
        found: list[tuple[Descriptor, ...]] = []
        doing = f"list the evidence of {self._endpoint.location}@{subject}"
        for answer in self._endpoint.pages(doing, f"referrers/{subject}", (200, *_NO_API)):
            media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
            if answer.status in _NO_API or media_type != OCI_INDEX:
                self._learn_absence(answer)
                return None
            found.append(fallback.listed(read_json_object(answer.body, "The registry's list of evidence")))
        self._has_api = True
        return fallback.union(*found)

    def _learn_absence(self, answer: Answer) -> None:
        # a registry with the API may also say 404 for a repository that holds nothing yet
        if b"NAME_UNKNOWN" not in answer.body and self._has_api is None:
            self._has_api = False

    def _list_fallback(self, subject: Digest) -> tuple[Descriptor, ...]:
        return fallback.entries(self._store.fetch_manifest(subject.fallback_tag), subject)


def _together(*actions: Callable[[], T]) -> list[T]:
    """Do independent requests side by side; the first failure is raised when all have ended."""
    if len(actions) < 2:
        return [action() for action in actions]
    with ThreadPoolExecutor(min(_PARALLEL, len(actions)), "registry") as pool:
        return [future.result() for future in [pool.submit(action) for action in actions]]
