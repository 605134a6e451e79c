"""The signer of keyless mode: the job's own token, one short-lived certificate, a timestamp and a log entry each.

For each statement the timestamp comes first: an authority that is down leaves no log entry behind. The certificate is
got at the first statement, replaced before it ends, and never changes within a statement.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta

from gitless.errors import DefectError
from gitless.model.bundle import MAX_BUNDLE_BYTES
from gitless.model.identity import Identity
from gitless.model.token import IdentityToken
from gitless.ports import Clock, TokenSource
from gitless.signing.certificate import Enrolled, Exactly, check_certificate, sigstore_errors
from gitless.signing.fulcio import Fulcio
from gitless.signing.instance import Instance
from gitless.signing.pace import Pace
from gitless.signing.rekor import Rekor, RepeatedEntryError
from gitless.signing.timestamp import TimestampAuthority
from gitless.verification.certificates import CertificateTrust
from gitless.web.patience import Deadline, Patience
from gitless.web.session import Session

PATIENCE = Patience(attempts=30, total_seconds=120.0, read_seconds=45.0)
"""Rekor 2 answers when the entry is in a published checkpoint: its documentation asks for 20 seconds at least."""
_TOKEN_SECONDS = 30.0
_SPARE_SECONDS = 30.0
_LONGEST_SECONDS = 420.0  # certificates live for ten minutes
_OVERHEAD = 128 * 1024  # certificate, log entry and timestamp


@dataclass(frozen=True)
class Usage:
    """How many requests were sent: to Fulcio, to the log, to timestamp authorities."""

    fulcio: int = 0
    log: int = 0
    timestamps: int = 0


class KeylessSigner:
    """Signs statements as the CI job; implements the port `Signer`. Safe to use from several threads.

    Args:
        instance: Where to sign.
        tokens: Gives the job's token.
        clock: The current time.
        env: The environment: proxies and certificate files.
        patience: Limits of each request, and retry.
        entries_per_second: Most requests the log gets in any second.

    Attributes:
        instance: Where it signs.

    Raises:
        UsageError: The instance lacks a service, or has one that is refused.
    """

    def __init__(
        self,
        instance: Instance,
        tokens: TokenSource,
        clock: Clock,
        *,
        env: Mapping[str, str],
        patience: Patience = PATIENCE,
        entries_per_second: float = 10.0,
    ) -> None:
        self.instance, self._tokens, self._clock = instance, tokens, clock
        self._patience = patience
        self._services = instance.services()
        pace = [Pace(entries_per_second, patience.now, patience.sleep) for _ in range(2)]
        self._fulcio = Session(env, patience, clock.now)
        self._log = Session(env, patience, clock.now, pace[0].wait)
        self._stamps = Session(env, patience, clock.now, pace[1].wait)
        self._lock = threading.Lock()
        self._current: Enrolled | None = None
        self._coming: Future[Enrolled] | None = None

    @property
    def public_key_pem(self) -> bytes | None:
        """None: identity is a certificate."""
        return None

    @property
    def identity(self) -> Identity | None:
        """Who signs; None before the first statement."""
        return self._current.workload.identity if self._current else None

    @property
    def certificate_pem(self) -> bytes | None:
        """The certificate last used; None before the first statement."""
        return self._current.pem if self._current else None

    @property
    def usage(self) -> Usage:
        """How many requests were sent so far, repeated ones included."""
        return Usage(self._fulcio.sent, self._log.sent, self._stamps.sent)

    def sign(self, statement: bytes) -> bytes:
        """Sign in-toto statement bytes; returns the bundle's JSON bytes, verified against the trusted root.

        Raises:
            UsageError: The job has no token.
            CheckError: The certificate names another identity, or an answer does not verify.
            RemoteError: A service failed for longer than the deadline, Fulcio refuses the token, it ran out, or the
                clock is wrong.
            DefectError: The bundle would pass 3 MiB; whoever made the statement should have bounded it.
        """
        _check_size(len(statement) * 4 // 3 + _OVERHEAD)
        try:
            content = self._enrolled().sign(statement)
        except RepeatedEntryError:
            # a new signature is a new entry
            content = self._enrolled().sign(statement)
        _check_size(len(content))
        return content

    def sign_payload(self, payload: bytes) -> bytes:
        """Sign bare bytes; returns a bundle with a message signature, for legacy signatures.

        Raises:
            UsageError: As `sign`.
            CheckError: As `sign`.
            RemoteError: As `sign`.
        """
        return self._enrolled().sign_payload(payload)

    def _enrolled(self) -> Enrolled:
        """The certificate of the moment; whoever comes first gets it for all."""
        with self._lock:
            if self._current is not None and self._lasts(self._current):
                return self._current
            first = self._coming is None
            coming = self._coming = self._coming or Future()
        if first:
            self._enrol(coming)
        return coming.result()

    def _lasts(self, enrolled: Enrolled) -> bool:
        # one statement waits for its timestamp, then for the log, each for the whole deadline at most
        longest = min(2 * self._patience.total_seconds + _SPARE_SECONDS, _LONGEST_SECONDS)
        return enrolled.ends - self._clock.now() > timedelta(seconds=longest)

    def _enrol(self, coming: Future[Enrolled]) -> None:
        try:
            enrolled = self._request()
        except BaseException as error:
            with self._lock:
                self._coming = None
            coming.set_exception(error)
            raise
        with self._lock:
            self._current, self._coming = enrolled, None
        coming.set_result(enrolled)

    def _request(self) -> Enrolled:
        from sigstore.sign import SigningContext

        token = self._tokens.token(_TOKEN_SECONDS)
        fulcio = Fulcio(self._services.fulcio, self._fulcio, token.raw, self._token_deadline(token))
        with sigstore_errors("get a signing certificate"):
            root = self.instance.load_root()
            context = SigningContext(
                fulcio=fulcio,  # type: ignore[arg-type]
                rekor=self._rekor(),  # type: ignore[arg-type]
                trusted_root=root,
                tsa_clients=[self._authority(url) for url in self._services.timestamps],  # type: ignore[misc]
            )
            with context.signer(_Accepted()) as signer:  # type: ignore[arg-type]
                issued = fulcio.issued
        if issued is None:
            raise AssertionError("the signer asks for its certificate at once")
        workload = check_certificate(issued.cert, token, self._clock.now())
        trust = CertificateTrust(Exactly(workload.identity), self.instance.trusted_root)
        return Enrolled(signer, trust, issued.cert, workload)

    def _token_deadline(self, token: IdentityToken) -> Deadline:
        deadline = self._patience.deadline()
        left = (token.expires - self._clock.now()).total_seconds()
        return replace(deadline, at=min(deadline.at, deadline.now() + left))

    def _rekor(self) -> Rekor:
        return Rekor(self._services.rekor, self.instance.rekor, self._log, self._patience.deadline)

    def _authority(self, url: str) -> TimestampAuthority:
        return TimestampAuthority(url, self._stamps)


class _Accepted:
    """Stands for a token that was verified already: sigstore's signer asks only whether it is valid."""

    def in_validity_period(self) -> bool:
        return True


def _check_size(size: int) -> None:
    if size > MAX_BUNDLE_BYTES:
        raise DefectError(f"A signed bundle would be {size} bytes long; the limit is {MAX_BUNDLE_BYTES}.")
