"""The public-good instance of Sigstore: read by TUF, or as it came with sigstore where TUF cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata, resources
from urllib.parse import quote

from gitless.errors import RemoteError, UsageError
from gitless.signing.instance import Instance, Version
from gitless.web.patience import Patience
from gitless.web.session import Session

URL = "https://tuf-repo-cdn.sigstore.dev"
PATIENCE = Patience(attempts=3, total_seconds=40.0, connect_seconds=10.0, read_seconds=15.0)
_ROOT = "trusted_root.json"
_SIGNING: dict[Version, str] = {1: "signing_config.v0.2.json", 2: "signing_config_rekor_v2.v0.2.json"}
_EMBEDDED = (_ROOT, _SIGNING[1])


@dataclass(frozen=True)
class PublicGood:
    """Reads the instance's files.

    Attributes:
        env: The environment: proxies and certificate files.
        wall_clock: The current time, UTC.
        offline: Whether no request may be sent.
        patience: Limits of all requests together, and retry.
        url: The TUF repository.
        root: The root.json to start from; None for the one that came with sigstore.
    """

    env: Mapping[str, str]
    wall_clock: Callable[[], datetime]
    offline: bool = False
    patience: Patience = PATIENCE
    url: str = URL
    root: bytes | None = None

    def instance(self, rekor: Version = 1) -> Instance:
        """The instance, with a notice where its files may be out of date.

        Args:
            rekor: The version of the log; version 2 is known by TUF only.

        Raises:
            UsageError: Version 2 was asked for offline.
            RemoteError: Version 2 was asked for, and TUF cannot be reached.
            UntrustedContentError: The repository's metadata does not verify.
        """
        files, notice = self._read([_ROOT, _SIGNING[rekor]])
        return Instance(files[_ROOT], files[_SIGNING[rekor]], rekor, notice)

    def trusted_root(self) -> tuple[bytes, str]:
        """The trusted root and a notice where it may be out of date; empty where it is not.

        Raises:
            UntrustedContentError: The repository's metadata does not verify.
        """
        files, notice = self._read([_ROOT])
        return files[_ROOT], notice

    def _read(self, names: list[str]) -> tuple[dict[str, bytes], str]:
        if self.offline:
            return _embedded(names, ""), _notice("was not asked (offline)")
        from gitless.signing.tuf import UnreachableError, read_targets

        session = Session(self.env, self.patience, self.wall_clock)
        known = {name: _stored(name) for name in _EMBEDDED}
        try:
            return read_targets(self.url, self.root or _stored("root.json"), names, session, known), ""
        except UnreachableError as error:
            return _embedded(names, error.why), _notice(f"cannot be reached: {error.why}")


def _embedded(names: list[str], unreachable: str) -> dict[str, bytes]:
    missing = [name for name in names if name not in _EMBEDDED]
    if missing and unreachable:
        raise RemoteError(
            "Rekor 2 of the public Sigstore instance cannot be used now.",
            why=f"Its address is known by TUF only. {unreachable}",
            hint="Run the same command again later, or set signing.rekor: 1.",
            temporary=True,
        )
    if missing:
        raise UsageError(
            "Rekor 2 of the public Sigstore instance cannot be used offline.",
            why="Its address is known by TUF only.",
            hint="Set signing.rekor: 1, or give trusted-root and signing-config files.",
        )
    return {name: _stored(name) for name in names}


def _notice(reason: str) -> str:
    return (
        f"Sigstore's TUF repository {reason}. The trusted root that came with sigstore {metadata.version('sigstore')} "
        "is used; keys that were replaced since then are not known."
    )


def _stored(name: str) -> bytes:
    # no import of sigstore: it takes 0.3 s
    folder = resources.files("sigstore") / "_store" / quote(URL, safe="")
    return (folder / name).read_bytes()
