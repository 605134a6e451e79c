"""Keys from files and variables: the signer of a run, the public keys evidence must verify under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.model.secret import Secret
from gitless.wiring.system import read_file

if TYPE_CHECKING:
    from gitless.ports import Clock
    from gitless.signing.key_signer import BundleSigner
    from gitless.verification.keys import TrustedKey

MAX_KEY_BYTES = 64 * 1024
KEY_STORES = ("awskms", "gcpkms", "azurekms", "hv", "hsm", "pkcs11")
_VARIABLE = "env://"
_WHERE = "Give the file's path from here, or env://VARIABLE. Make a key with `cosign generate-key-pair`."
_PASSWORDS = ("GITLESS_KEY_PASSWORD", "COSIGN_PASSWORD")


def check_key(location: str | None, env: Mapping[str, str]) -> None:
    """Refuse a place where no key is; a file or variable is read and not opened, and a key store is not asked.

    Args:
        location: As for `make_signer`.
        env: The environment.

    Raises:
        UsageError: There is none.
    """
    place = _place(location)
    if not is_stored(place):
        _key_bytes(place, env)


def is_stored(location: str) -> bool:
    """Whether the key is in a key store, and so is asked for over a network or a driver."""
    return location.partition(":")[0] in KEY_STORES


def make_signer(location: str | None, env: Mapping[str, str]) -> BundleSigner:
    """Open the signing key.

    Args:
        location: A file, `env://VARIABLE`, or a key store's address.
        env: The environment.

    Raises:
        UsageError: There is none, or it cannot be read.
        RemoteError: The key store failed.
    """
    place = _place(location)
    if is_stored(place):
        from gitless.signing.key_store import open_key_store

        return open_key_store(place, env)
    from gitless.signing.key_signer import KeySigner

    password = next((Secret(env[name]) for name in _PASSWORDS if name in env), None)
    return KeySigner(_key_bytes(place, env), password)


def is_given(location: str | None, env: Mapping[str, str]) -> bool:
    """Whether a signing key is named, and not only the name of a variable that holds none."""
    return bool(location and (not location.startswith(_VARIABLE) or env.get(location.removeprefix(_VARIABLE))))


def stamped(signer: BundleSigner, url: str | None, env: Mapping[str, str], clock: Clock) -> BundleSigner:
    """The signer with timestamps, where `signing.timestamp` names an authority.

    Raises:
        UsageError: The authority's address is refused.
    """
    if not url:
        return signer
    from gitless.signing.timestamp import PATIENCE, TimestampAuthority
    from gitless.web.session import Session

    return signer.stamped_by(TimestampAuthority(url, Session(env, PATIENCE, clock.now)).stamp)


def trusted_keys(files: Sequence[str]) -> list[TrustedKey]:
    """Read public keys.

    Raises:
        UsageError: One is missing or is no ECDSA P-256 public key.
    """
    from gitless.verification.keys import TrustedKey

    return [TrustedKey.from_pem(read_file(Path(name), "The public key", MAX_KEY_BYTES)) for name in files]


def _place(location: str | None) -> str:
    if not location:
        raise UsageError(
            "There is no signing key.",
            why="signing.method is key, and a channel never names an unsigned artifact.",
            hint="Give --signing-key FILE or set GITLESS_SIGNING_KEY=env://VARIABLE.\n"
            "Make a key with `cosign generate-key-pair`.",
        )
    if "-----BEGIN" in location:
        # not shown: it is the key
        raise UsageError(
            "The signing key itself was given where its place belongs.",
            why="A key in a flag or in GITLESS_SIGNING_KEY gets into lists of processes and into error texts.",
            hint="Put it into a variable and name that: GITLESS_SIGNING_KEY=env://COSIGN_KEY.",
        )
    return location


def _key_bytes(location: str, env: Mapping[str, str]) -> bytes:
    if not location.startswith(_VARIABLE):
        return read_file(Path(location), "The signing key", MAX_KEY_BYTES, _WHERE)
    name = location.removeprefix(_VARIABLE)
    if not env.get(name):
        raise UsageError(
            f"The signing key's variable {name[:80]!r} is empty or not set.",
            hint="Hand the secret to the job as an environment variable of this name"
            + (f"; on GitHub:\nenv:\n  {name}: ${{{{ secrets.{name} }}}}" if name.isidentifier() else "."),
        )
    return env[name].encode()
