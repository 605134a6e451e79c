"""Doctor's looks at signing: as whom this run would sign, and whose word it would ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from gitless.model.checkup import Seen
from gitless.wiring.keys import is_stored
from gitless.wiring.readiness import check_signing
from gitless.wiring.system import SystemClock

if TYPE_CHECKING:
    from gitless.model.token import IdentityToken
    from gitless.wiring.setup import Setup

_FOREIGN = "Nothing is signed for a change from a fork or by Dependabot."


@dataclass(frozen=True)
class SigningLooks:
    """The looks of one run.

    Attributes:
        setup: The run's configuration.
        env: The environment.
        role: Which of `identities` would sign.
        quick: Whether the network is left alone.
        is_foreign: Whether the run is for a stranger's change.
    """

    setup: Setup
    env: Mapping[str, str]
    role: Literal["publish", "promote"]
    quick: bool
    is_foreign: bool

    def identity(self) -> Seen:
        """As whom it would sign: the job by its own verified token, or a key that is opened and not used.

        Raises:
            UsageError: Nobody can sign, or somebody whom the configuration does not trust for it.
            CheckError: The job's token does not verify.
            RemoteError: The platform or the key store failed.
        """
        if self._method == "none":
            return Seen("skipped", "signing.method is none: nothing is signed, and no channel moves.")
        if self.is_foreign:
            return Seen("skipped", _FOREIGN)
        check_signing(self.setup, self.env, self.role)
        if self._method == "key":
            return self._key()
        return Seen("ok", "The platform gives this job an identity token.") if self.quick else self._job()

    def trust_root(self) -> Seen:
        """Which Sigstore instance it would use.

        Raises:
            UsageError: A file of it is missing, malformed or over, or a service is refused.
            RemoteError: The public instance cannot be read.
        """
        if self._method == "none" or self.is_foreign:
            return Seen("skipped", "Nothing is signed.")
        if self._method == "key":
            return self._stamps()
        from gitless.wiring.tokens import uses_public_instance

        if self.quick and uses_public_instance(self.setup.config, self.setup.root):
            return Seen("skipped", "The public Sigstore instance is read over the network.")
        from gitless.wiring.signing import open_instance

        instance = open_instance(self.setup, self.env)
        found = instance.services()
        services = (f"Fulcio {found.fulcio}", f"Rekor {instance.rekor} {found.rekor}", *found.timestamps)
        return Seen("note" if instance.notice else "ok", "\n".join([", ".join(services), instance.notice]).strip())

    @cached_property
    def _method(self) -> Literal["keyless", "key", "none"]:
        from gitless.wiring.signing import signing_method

        return signing_method(self.setup)

    def _key(self) -> Seen:
        location = self.setup.signing_key or ""
        if self.quick and is_stored(location):
            return Seen("skipped", "The key is in a key store, which is asked over the network.")
        from gitless.verification.keys import TrustedKey
        from gitless.wiring.signing import PendingSigning, identity_of

        signing = PendingSigning(None, self.env, self.role).result(self.setup)
        pem = signing.signer.public_key_pem if signing.signer else None
        named = identity_of(self.setup.config, self.role)
        text = f"The key {location} opens; its public half is {TrustedKey.from_pem(pem or b'').hint}."
        if named:
            return Seen("ok", f"{text} identities.{self.role} trusts it.")
        return Seen("note", f"{text} gitless.yaml names no identities.{self.role}.", _name_key(self.role))

    def _job(self) -> Seen:
        from gitless.identity.suggestion import configuration_lines
        from gitless.wiring.tokens import open_ambient

        ambient = open_ambient(self.setup.config, self.setup.root, self.env, SystemClock(), self.role)
        assert ambient is not None
        token: IdentityToken = ambient.tokens.token(0)
        ambient.check(token)
        text = f"It signs as {token.workload.identity}."
        if ambient.trusted:
            return Seen("ok", f"{text} identities.{self.role} trusts it.")
        lines = configuration_lines(token.workload, token.platform, self.role)
        return Seen("note", f"{text} gitless.yaml names no identities.{self.role}.", f"To name it:\n{lines}")

    def _stamps(self) -> Seen:
        section = self.setup.config.signing
        if section and section.timestamp:
            return Seen("note", f"Keys need none. Timestamps come from {section.timestamp}, which was not asked.")
        return Seen("skipped", "Keys need none.")


def _name_key(role: str) -> str:
    return f"To name it, put its public half into the repository:\nidentities:\n  {role}: {{key: {role}.pub}}"
