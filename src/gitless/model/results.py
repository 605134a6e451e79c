"""What the verbs give back, as plain values that every report renders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gitless.errors import GitlessError
from gitless.model.difference import Difference
from gitless.model.finding import PlacedFinding
from gitless.model.identity import IdentityPattern
from gitless.model.verdict import Check

Outcome = Literal["published", "pushed", "healed", "changed", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class EvidenceResult:
    """One piece of evidence that the store lists.

    Attributes:
        predicate_type: What it says.
        digest: The referrer manifest's digest.
        added: Whether this run attached it.
        standing: `valid`, `foreign` or `invalid`.
        check: The numbered step that decided; empty where nothing was judged.
        reason: Why, in one sentence.
        identity: Who signed, where a certificate that verifies says so.
        signed_at: When, where another party vouches for it: RFC 3339, UTC.
    """

    predicate_type: str
    digest: str
    added: bool = False
    standing: str = "valid"
    check: str = ""
    reason: str = ""
    identity: str = ""
    signed_at: str = ""


@dataclass(frozen=True, slots=True)
class ComponentResult:
    """One component of a publish run.

    Attributes:
        name: The component.
        repository: Its location.
        channel: The channel of this run.
        digest: The artifact's digest; empty when the run failed before it was packed.
        reference: `repository@digest`.
        revision: The artifact's revision annotation.
        content: The content hash, 64 hex.
        changed: Whether the content or its inputs changed since what the channel named.
        pushed: Whether this run wrote anything.
        tags: Tags that name the digest because of this run, the channel last.
        evidence: What the store lists for it.
        images: Images the manifests name.
        requests: Requests sent to the store.
        seconds: Wall time.
        previous: The digest the channel named before; empty when none.
        changes: Files that differ; None where that is not known.
        notes: Sentences people should read.
        findings: What checks found, with file and line.
        error: Why it failed; None when it did not.
    """

    name: str
    repository: str
    channel: str
    digest: str = ""
    reference: str = ""
    revision: str = ""
    content: str = ""
    changed: bool = False
    pushed: bool = False
    tags: tuple[str, ...] = ()
    evidence: tuple[EvidenceResult, ...] = ()
    images: tuple[str, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    previous: str = ""
    changes: Difference | None = None
    notes: tuple[str, ...] = ()
    findings: tuple[PlacedFinding, ...] = ()
    error: GitlessError | None = None

    @property
    def outcome(self) -> Outcome:
        """What became of it, in one word; `published` only where the channel names the digest."""
        if self.error:
            return "failed"
        if not self.pushed:
            return "changed" if self.changed else "unchanged"
        if not self.changed:
            return "healed"
        return "published" if self.channel in self.tags else "pushed"


UNNAMED_KEY = "cosign.pub"


@dataclass(frozen=True, slots=True)
class VerifyFlags:
    """How a reader verifies what a run signed, as arguments that are not quoted for a shell yet.

    Attributes:
        gitless: For `gitless verify`.
        cosign: For `cosign verify` and `cosign verify-attestation`.
    """

    gitless: tuple[str, ...]
    cosign: tuple[str, ...]

    @classmethod
    def of_key(cls, file: str) -> VerifyFlags:
        """For a public key in a file."""
        return cls(("--key", file), ("--key", file, "--insecure-ignore-tlog=true"))

    @classmethod
    def of_certificates(cls, pattern: IdentityPattern, trusted_root: str) -> VerifyFlags:
        """For an identity.

        Args:
            pattern: The certificates.
            trusted_root: File of a private instance's trusted root; empty for the public instance.
        """
        root = ("--trusted-root", trusted_root) if trusted_root else ()
        name, value = "--certificate-identity", pattern.subject
        if not pattern.is_exact:
            name, value = "--certificate-identity-regexp", pattern.subject_regex
        cosign = (name, value, "--certificate-oidc-issuer", pattern.issuer, *root)
        return cls(("--config", "gitless.yaml") if not pattern.is_exact else cosign, cosign)


@dataclass(frozen=True, slots=True)
class PublishResult:
    """A publish run over one or more components.

    Attributes:
        components: One result each, in configuration order.
        dry_run: Whether writing was switched off.
        flags: How readers verify it; None where nothing was signed.
        notices: What the user should know about the run as a whole.
    """

    components: tuple[ComponentResult, ...]
    dry_run: bool = False
    flags: VerifyFlags | None = None
    notices: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True when no component failed."""
        return all(component.error is None for component in self.components)

    @property
    def error(self) -> GitlessError | None:
        """The first failure."""
        return next((component.error for component in self.components if component.error), None)


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """The verdict over one reference, or why there is none.

    Attributes:
        reference: As it was asked for.
        digest: What it resolved to; empty where there is no verdict.
        policy: The policy it was judged under.
        checks: The numbered steps.
        evidence: All bundles, with their standing.
        requests: Requests sent to the store.
        error: Why it could not be judged; None when it was.
    """

    reference: str
    digest: str
    policy: str
    checks: tuple[Check, ...] = ()
    evidence: tuple[EvidenceResult, ...] = ()
    requests: int = 0
    error: GitlessError | None = None

    @property
    def ok(self) -> bool:
        """True when there are checks and all held."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0 when it holds, 1 when a check said no, else the error's."""
        return self.error.exit_code if self.error else int(not self.ok)


@dataclass(frozen=True, slots=True)
class InspectResult:
    """What a reference holds, judged or not.

    Attributes:
        reference: As it was asked for.
        digest: What it resolved to.
        media_type: The manifest's media type.
        layers: (media type, digest, bytes) of each layer.
        annotations: The manifest's annotations.
        evidence: All bundles, with their standing under the given keys (`unknown` without keys).
        sbom: Lines about the SBOM.
        images: Images the SBOM names.
        unread: Referrers that were left unread, as there are too many.
    """

    reference: str
    digest: str
    media_type: str
    layers: tuple[tuple[str, str, int], ...] = ()
    annotations: dict[str, str] = field(default_factory=dict)
    evidence: tuple[EvidenceResult, ...] = ()
    sbom: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    unread: int = 0
