"""Who signs a run's evidence: a key, the CI job itself, or nobody; settled and checked before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitless.errors import UsageError
from gitless.model.results import UNNAMED_KEY, VerifyFlags
from gitless.wiring.keys import is_given, make_signer, stamped, trusted_keys
from gitless.wiring.system import SystemClock, beside, read_file
from gitless.wiring.tokens import MAX_SIGSTORE_BYTES, open_ambient

if TYPE_CHECKING:
    from gitless.config.schema import Config
    from gitless.config.trust import Identity
    from gitless.config.trust import Signing as SigningSection
    from gitless.model.revision import Source
    from gitless.model.workload import Workload
    from gitless.ports import PayloadSigner, Signer
    from gitless.signing.instance import Instance
    from gitless.verification.trust import Trust
    from gitless.wiring.setup import Setup
    from gitless.wiring.tokens import Ambient

Role = Literal["publish", "promote"]
_TOKEN_SECONDS = 60.0  # work begins with at least a minute of the token left


@dataclass(frozen=True)
class Signing:
    """Who signs this run.

    Attributes:
        signer: The publishing identity; None where nothing will be signed.
        trusted: The same identity as evidence shows it.
        flags: How others verify it.
        payloads: Makes legacy signatures; None where none are asked for.
        workload: The job, from its verified token; None for keys.
        platform: The CI product whose token it was; None for keys.
        notices: What the user should know.
    """

    signer: Signer | None
    trusted: Sequence[Trust]
    flags: VerifyFlags | None = None
    payloads: PayloadSigner | None = None
    workload: Workload | None = None
    platform: Literal["github", "gitlab"] | None = None
    notices: tuple[str, ...] = ()

    def check_source(self, source: Source) -> None:
        """Refuse a run whose annotations and provenance would say something else than its certificate.

        Raises:
            UsageError: They would.
        """
        from gitless.model.agreement import contradictions

        found = contradictions(source, self.workload) if self.workload else ()
        if found:
            raise UsageError(
                "What would be published is not what this job runs for.",
                why="\n".join(found),
                hint="Check out without a `ref:` of your own, leave --source and --revision out, and start the run on "
                "the branch or tag to publish.",
            )


class PendingSigning:
    """Gets the signer ready beside other work: key files take scrypt's time, keyless a token, TUF and an import.

    Args:
        early: Where the key is by flag or variable, as far as that is known before the configuration is read.
        env: The environment.
        role: Which of `identities` signs.
    """

    def __init__(self, early: str | None, env: Mapping[str, str], role: Role = "publish") -> None:
        self._env, self._early, self._role = env, early, role
        self._key = beside(lambda: make_signer(early, env)) if early else None
        self._job: Future[Signing] | None = None

    def begin(self, setup: Setup, *, dry_run: bool) -> None:
        """Start what the configuration asks for.

        Raises:
            UsageError: The job may not sign, or nobody can.
        """
        method = signing_method(setup)
        if method == "none":
            self._job = _done(Signing(None, ()))
        elif method == "keyless":
            self._job = self._keyless(setup, dry_run=dry_run)
        elif dry_run and not is_given(setup.signing_key, self._env):
            # pull requests from forks get no secrets, and are told all the same what would be published
            self._job = _done(Signing(None, (), notices=(_DRY_KEY,)))

    def result(self, setup: Setup) -> Signing:
        """Who signs.

        Raises:
            UsageError: The job or the key is not the publishing identity, or cannot be used.
            CheckError: The job's token does not verify.
            RemoteError: The platform or Sigstore failed.
        """
        if self._job is not None:
            return self._job.result()
        location = setup.signing_key
        signer = self._key.result() if self._key and location == self._early else make_signer(location, self._env)
        named = identity_of(setup.config, self._role)
        flags = VerifyFlags.of_key(named.key if named and named.key else UNNAMED_KEY)
        section = _section(setup)
        signer = stamped(signer, section.timestamp, self._env, SystemClock())
        payloads: PayloadSigner | None = None
        if section.legacy:
            from gitless.signing.legacy import KeyPayloads

            payloads = KeyPayloads(signer)
        return Signing(signer, _own_key(setup, signer.public_key_pem, self._role), flags, payloads)

    def _keyless(self, setup: Setup, *, dry_run: bool) -> Future[Signing]:
        try:
            ambient = open_ambient(setup.config, setup.root, self._env, SystemClock(), self._role)
        except UsageError:
            if not dry_run:
                raise
            ambient = None
        if ambient is not None:
            return beside(lambda: self._as_job(setup, ambient))
        if dry_run:
            return _done(Signing(None, (), notices=(_DRY,)))
        raise nobody(is_asked=setup.config.signing is not None)

    def _as_job(self, setup: Setup, ambient: Ambient) -> Signing:
        from gitless.model.identity import IdentityPattern
        from gitless.signing.keyless import KeylessSigner
        from gitless.signing.legacy_certificate import JobPayloads
        from gitless.verification.certificates import CertificateTrust

        opening = beside(lambda: open_instance(setup, self._env))
        token = ambient.tokens.token(_TOKEN_SECONDS)
        ambient.check(token)
        who, instance = token.workload.identity, opening.result()
        # without a configured identity, what this very job signed is ours, and nothing else
        pattern = ambient.trusted or IdentityPattern(who.issuer, who.subject, token.workload.source_uri)
        section = _section(setup)
        pace = float(section.entries_per_second)
        signer = KeylessSigner(instance, ambient.tokens, SystemClock(), env=self._env, entries_per_second=pace)
        return Signing(
            signer,
            (CertificateTrust(pattern, instance.trusted_root),),
            VerifyFlags.of_certificates(pattern, _root_file(setup)),
            JobPayloads(signer, who) if section.legacy else None,
            token.workload,
            ambient.tokens.platform,
            (instance.notice,) if instance.notice else (),
        )


def open_instance(setup: Setup, env: Mapping[str, str]) -> Instance:
    """The Sigstore instance the configuration names.

    Raises:
        UsageError: A file is missing or malformed, or a service is refused.
        RemoteError: The public instance's address is needed and TUF cannot be reached.
    """
    from gitless.signing.instance import private_instance
    from gitless.signing.public import PublicGood

    section = _section(setup)
    if section.sigstore == "public":
        return PublicGood(env, SystemClock().now).instance(section.rekor)
    files = [
        read_file(setup.root / name, "The Sigstore file", MAX_SIGSTORE_BYTES)
        for name in (section.sigstore.trusted_root, section.sigstore.signing_config)
    ]
    said = section.rekor if "rekor" in section.model_fields_set else None
    return private_instance(files[0], files[1], said)


_OTHER_KEY = {
    "publish": "The signing key is not the publishing identity.",
    "promote": "The signing key is not the promoting identity.",
}
_DRY = "Nobody would sign: this is no CI job with an identity token. Whether the content is unchanged was not judged."

_DRY_KEY = (
    "Nobody would sign: the signing key is not given to this job. Whether the content is unchanged was not judged."
)


def signing_method(setup: Setup) -> Literal["keyless", "key", "none"]:
    """How this run signs; a key that is given is used, whatever the file says."""
    if setup.signing_key:
        return "key"
    return _section(setup).method


def _section(setup: Setup) -> SigningSection:
    from gitless.config.trust import Signing as SigningSection

    return setup.config.signing or SigningSection()


def identity_of(config: Config, role: Role) -> Identity | None:
    """The configured identity of a role."""
    return config.identities.publish if role == "publish" else config.identities.promote


def _own_key(setup: Setup, pem: bytes, role: Role) -> Sequence[Trust]:
    """The signing key; the configuration's public key must be the signer's, before anything is sent."""
    from gitless.verification.keys import TrustedKey

    own = TrustedKey.from_pem(pem)
    identities = setup.config.identities
    mine = identity_of(setup.config, role)
    other = identity_of(setup.config, "promote" if role == "publish" else "publish")
    if mine and not mine.key:
        raise UsageError(
            f"A key is not the identity identities.{role}.",
            why=f"It trusts {mine.to_pattern()}.",
            hint="Sign as that job (signing: {method: keyless}), or have the configuration changed.",
        )
    if mine and mine.key:
        (expected,) = trusted_keys([str(setup.root / mine.key)])
        if expected.hint != own.hint:
            raise UsageError(
                _OTHER_KEY[role],
                why=f"identities.{role}.key {mine.key!r} is another key than the one given to sign.",
                hint="Sign with the private half of that key, or have the configuration changed.",
            )
    if other and other.key:
        from gitless.identity.preflight import check_distinct_keys

        (others,) = trusted_keys([str(setup.root / other.key)])
        check_distinct_keys(own.hint, others.hint, is_shared_allowed=identities.allow_shared_key)
    return (own,)


def _root_file(setup: Setup) -> str:
    section = _section(setup)
    return "" if section.sigstore == "public" else section.sigstore.trusted_root


def nobody(*, is_asked: bool) -> UsageError:
    """The error of a run without an identity.

    Args:
        is_asked: Whether the configuration asks for keyless signing, and it is not just the usual.
    """
    return UsageError(
        "Nobody can sign this run.",
        why="signing.method is keyless, and this is no job of GitHub Actions or GitLab CI."
        if is_asked
        else "There is no signing key, and this is no job of GitHub Actions or GitLab CI with an identity of its own.",
        hint="Run it in CI, or sign with a key: --signing-key FILE or GITLESS_SIGNING_KEY=env://VARIABLE.\n"
        "Make a key with `cosign generate-key-pair`.",
    )


def _done(signing: Signing) -> Future[Signing]:
    future: Future[Signing] = Future()
    future.set_result(signing)
    return future
