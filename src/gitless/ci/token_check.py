"""Verifies a job's token: signed by the configured issuer, for us, and now. No error shows anything of the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError

from gitless.ci.jwks import IssuerKeys
from gitless.errors import CheckError, RemoteError, UntrustedContentError
from gitless.identity.claims import workload_of
from gitless.model.canonical import read_json_object
from gitless.model.secret import Secret
from gitless.model.token import IdentityToken

MAX_TOKEN = 16 * 1024  # characters; GitHub's have about 1,500 and GitLab's 2,500
LEEWAY_SECONDS = 30.0
_LATEST = 253402300799  # the last second datetime knows
_CLOCK_HINT = "Set this machine's clock: certificates and timestamps need it too."


@dataclass(frozen=True)
class TokenCheck:
    """What a token must be.

    Attributes:
        platform: Who is expected to have issued it.
        server: Web address of that server.
        audience: Whom it must be for.
        keys: The issuer's keys.
    """

    platform: Literal["github", "gitlab"]
    server: str
    audience: str
    keys: IssuerKeys

    def verify(self, raw: Secret, now: datetime, *, fresh: bool) -> IdentityToken:
        """The verified token.

        Args:
            raw: The token.
            now: The current time, UTC.
            fresh: Whether it was issued just now, so that one that has ended already means a wrong clock.

        Raises:
            CheckError: It is no token of the configured issuer for this audience.
            RemoteError: It is not valid now.
        """
        claims = self._claims(raw)
        if claims.get("iss") != self.keys.issuer:
            raise self._refused("Its issuer is another one.")
        self._check_audience(claims.get("aud"))
        expires = _check_times(claims, now, fresh=fresh)
        return IdentityToken(raw, self.platform, workload_of(self.platform, claims, self.server), expires)

    def _claims(self, raw: Secret) -> dict[str, Any]:
        text = raw.reveal()
        if len(text) > MAX_TOKEN or not text.isascii() or text.count(".") != 2:
            raise self._refused("It is not a signed JSON Web Token (RFC 7519).")
        try:
            # the standard header is read before the signature is known to be good: nothing but `kid` is used of it
            header = PyJWS().get_unverified_header(text)
            kid = header.get("kid")
            key = self.keys.find(kid) if isinstance(kid, str) else None
            if key is None or "crit" in header or "b64" in header:
                raise self._refused(f"It is not signed with a key that {self.keys.issuer} publishes.")
            if header.get("alg") != key.algorithm:
                raise self._refused("Its signature algorithm is not the key's.")
            verified = PyJWS().decode_complete(text, key.key, algorithms=[key.algorithm])
            return read_json_object(verified["payload"], "The token")
        except (PyJWTError, ValueError, RecursionError):
            # `from None`: the library's texts may quote the token
            raise self._refused("Its signature does not verify.") from None
        except UntrustedContentError:
            raise self._refused("Its claims are not a JSON object with unique names.") from None

    def _check_audience(self, value: Any) -> None:
        values = value if isinstance(value, list) else [value]
        if self.audience not in values:
            lines = "" if self.platform == "github" else f"\nid_tokens:\n  SIGSTORE_ID_TOKEN:\n    aud: {self.audience}"
            raise CheckError(
                "The job's identity token is not for Sigstore.",
                why=f"Its audience is not {self.audience!r}.",
                hint=f"Ask for a token with the audience {self.audience!r}.{lines}",
            )

    def _refused(self, why: str) -> CheckError:
        return CheckError(
            "The job's identity token does not verify.",
            why=why,
            hint=f"It must come from {self.keys.issuer}. For another server set `server` (and `issuer`) of the "
            "publishing identity in gitless.yaml.",
        )


def _check_times(claims: Mapping[str, Any], now: datetime, *, fresh: bool) -> datetime:
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    begins = _moment(claims, "nbf") if "nbf" in claims else issued
    ahead = (max(issued, begins) - now).total_seconds()
    if ahead > LEEWAY_SECONDS:
        raise RemoteError(
            f"The job's identity token begins {ahead:.0f} s in the future: this machine's clock is slow.",
            why=f"The clock says {_shown(now)}, and the token begins at {_shown(max(issued, begins))}.",
            hint=_CLOCK_HINT,
        )
    if expires <= now:
        late = (now - expires).total_seconds()
        clock = ": this machine's clock is fast" if fresh else ""
        raise RemoteError(
            f"The job's identity token ended {late:.0f} s ago{clock}.",
            why=f"The clock says {_shown(now)}, and the token ended at {_shown(expires)}.",
            hint=_CLOCK_HINT if fresh else "Run the job again. If the times look wrong, set this machine's clock.",
        )
    return expires


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LATEST:
        raise CheckError("The job's identity token does not verify.", why=f"Its claim {name} is not a time.")
    return datetime.fromtimestamp(value, timezone.utc)


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
