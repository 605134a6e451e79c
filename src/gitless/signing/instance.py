"""A Sigstore instance: whom to trust, and where to sign.

Every bundle carries an RFC 3161 timestamp, so an instance without a timestamp authority is refused; so is one without
the asked version of Rekor, and one that is spoken to without TLS beyond this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.canonical import canonical_json, read_json_object
from gitless.web.addresses import is_safe, origin_text

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig, SigningConfig, TrustedRoot

_TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
Version = Literal[1, 2]


@dataclass(frozen=True)
class Instance:
    """One instance.

    Attributes:
        trusted_root: trusted_root.json.
        signing_config: signing_config.json.
        rekor: The version of the transparency log that is used.
        notice: What the user should know about where this came from; empty for nothing.
    """

    trusted_root: bytes
    signing_config: bytes
    rekor: Version
    notice: str = ""

    def services(self) -> Services:
        """The services to use now: valid at this moment, selected as the signing configuration asks.

        Raises:
            UsageError: A file is malformed, or a service is missing or refused.
        """
        return _services(self._load(), self.rekor)

    def load_root(self) -> TrustedRoot:
        """The trusted root in sigstore's own words.

        Raises:
            UsageError: It is malformed.
        """
        return self._load().trusted_root

    def _load(self) -> ClientTrustConfig:
        config = _read(self.trusted_root, self.signing_config)
        config.force_tlog_version = self.rekor
        return config


@dataclass(frozen=True)
class Services:
    """Addresses of an instance's services.

    Attributes:
        fulcio: Fulcio's base address.
        rekor: The log's base address.
        timestamps: Whole addresses of the timestamp authorities; each stamps every bundle.
    """

    fulcio: str
    rekor: str
    timestamps: tuple[str, ...]


def private_instance(trusted_root: bytes, signing_config: bytes, rekor: Version | None = None) -> Instance:
    """An instance of one's own, checked before any work.

    Args:
        trusted_root: trusted_root.json.
        signing_config: signing_config.json.
        rekor: The version of the log; None takes the newest of the configuration.

    Raises:
        UsageError: A file is malformed, or a service is missing or refused.
    """
    if rekor is None:
        rekor = _newest(signing_config)
    instance = Instance(trusted_root, signing_config, rekor)
    instance.services()
    return instance


def _read(trusted_root: bytes, signing_config: bytes) -> ClientTrustConfig:
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig

    document = {
        "mediaType": _TRUST_CONFIG,
        "trustedRoot": _parse(trusted_root, "trusted_root.json"),
        "signingConfig": _parse(signing_config, "signing_config.json"),
    }
    try:
        config = ClientTrustConfig.from_json(canonical_json(document).decode())
        _check_root(config.trusted_root)
    except (Error, ValueError) as error:
        raise _malformed(error) from error
    return config


def _check_root(root: TrustedRoot) -> None:
    if not root.get_timestamp_authorities():
        raise UsageError(
            "The Sigstore instance has no timestamp authority.",
            why="trusted_root.json lists none, and every signature is timestamped.",
            hint="Add it: `cosign trusted-root create … --tsa=url=…,certificate-chain=…`.",
        )


def _services(config: ClientTrustConfig, rekor: Version) -> Services:
    signing = _select(config, rekor)
    timestamps = tuple(client.url for client in signing.get_tsas())
    if not timestamps:
        raise UsageError(
            "The Sigstore instance has no timestamp authority.",
            why="signing_config.json names none that is valid now, and every signature is timestamped.",
            hint="Add it: `cosign signing-config create … --tsa=url=…,api-version=1,…`.",
        )
    log: Any = signing.get_tlogs()[0]
    base = log.url.removesuffix(f"/api/v{rekor}").rstrip("/")
    found = Services(signing.get_fulcio().url.rstrip("/"), base, timestamps)
    for url in (found.fulcio, found.rekor, *found.timestamps):
        _check_address(url)
    return found


def _select(config: ClientTrustConfig, rekor: Version) -> SigningConfig:
    from sigstore.errors import Error

    try:
        return config.signing_config
    except Error as error:
        hint = "Its validity may be over; ask whoever runs the instance for a new signing_config.json."
        if "Rekor" in str(error):
            hint = f"signing.rekor in gitless.yaml is {rekor}; set it to the version this instance runs.\n{hint}"
        raise UsageError("The Sigstore instance cannot be used.", why=str(error)[:300], hint=hint) from error
    except ValueError as error:
        raise _malformed(error) from error


def _check_address(url: str) -> None:
    if not is_safe(url):
        raise UsageError(
            "The Sigstore instance has an address that is refused.",
            why=f"{origin_text(url)[:200]} in signing_config.json is not https.",
            hint="Plain http is for services on this machine only.",
        )


def _newest(signing_config: bytes) -> Version:
    document = _parse(signing_config, "signing_config.json")
    logs = document.get("rekorTlogUrls")
    entries = [item for item in logs if isinstance(item, dict)] if isinstance(logs, list) else []
    return 2 if any(item.get("majorApiVersion") == 2 for item in entries) else 1


def _parse(content: bytes, name: str) -> dict[str, Any]:
    try:
        return read_json_object(content, name)
    except UntrustedContentError as error:
        raise UsageError(error.what, why=error.why) from error


def _malformed(error: Exception) -> UsageError:
    words = str(error)
    if isinstance(error, ValidationError):
        words = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()[:3])
    return UsageError("The files of the Sigstore instance are not readable.", why=" ".join(words.split())[:300])
