"""What flows need from the outside, as Protocols of one to three methods; edges implement them, tests fake them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from gitless.model.approval import Changes, CheckResults, Decisions
    from gitless.model.blob import Blob
    from gitless.model.descriptor import Descriptor
    from gitless.model.digest import Digest
    from gitless.model.manifest import Manifest
    from gitless.model.rendering import Rendered, RenderRequest
    from gitless.model.token import IdentityToken
    from gitless.model.tree import Tree


class ManifestReader(Protocol):
    """Reads manifests; hashes and limits what it reads."""

    def resolve(self, tag: str) -> Digest | None:
        """The digest a tag names now; None only when the store says that it is absent.

        Raises:
            RemoteError: Any other answer.
        """
        ...

    def fetch_manifest(self, target: str | Digest) -> Manifest | None:
        """The manifest a tag names or a digest is; None only when it is absent.

        Raises:
            UntrustedContentError: The bytes do not have the digest, or are too long.
            RemoteError: Any other failure.
        """
        ...


class ManifestWriter(Protocol):
    """Writes manifests byte for byte."""

    def push_manifest(self, manifest: Manifest, tag: str | None = None) -> None:
        """Store the manifest by digest, and under `tag` too if one is given.

        Raises:
            RemoteError: The store refused, or answered with another digest.
        """
        ...


class BlobStore(Protocol):
    """Reads and writes blobs by digest."""

    def fetch_blob(self, descriptor: Descriptor, max_bytes: int) -> bytes:
        """The bytes, hashed while they are read; never more than `max_bytes`.

        Raises:
            UntrustedContentError: Wrong digest, wrong size or too long.
            RemoteError: Any other failure, absence included.
        """
        ...

    def push_blob(self, blob: Blob) -> None:
        """Store the blob; content that is already there is not sent again."""
        ...


class ReferrerStore(Protocol):
    """Lists and attaches evidence."""

    def list_referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """Every referrer the store lists: referrers API and fallback tag together, each digest once."""
        ...

    def attach(self, subject: Digest, referrers: Sequence[Manifest]) -> tuple[Descriptor, ...]:
        """Store referrer manifests whose blobs are there already, and see to it that the store lists them.

        Writes the fallback index where the store's own listing does not show them, keeping what others wrote.

        Returns:
            The listing afterwards, which holds every one of `referrers`: the store's own, or the index just written.

        Raises:
            RemoteError: The listing does not show them within the deadline.
        """
        ...

    def confirm(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """Read the listing back after `attach`, before anything names the subject; put back what was lost.

        Raises:
            RemoteError: Other writers kept overwriting it until the deadline.
        """
        ...

    def settle(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """Look once more, some time after `confirm`, whether the listing still shows them; put back what was lost.

        A fallback index has no lock: a writer that read it before us may write it after us. Call this beside other
        work; it waits for about as long as such a writer takes, and confirms first where nobody has.
        """
        ...


class TagLister(Protocol):
    """Lists tags."""

    def list_tags(self, after: str = "") -> tuple[str, ...]:
        """Tags that sort after `after`, sorted; empty when the repository does not exist."""
        ...


class Repository(ManifestReader, ManifestWriter, BlobStore, ReferrerStore, TagLister, Protocol):
    """One component's store: everything above. Safe to call from several threads."""

    @property
    def requests(self) -> int:
        """How many requests this store has sent so far (0 for stores that send none)."""
        ...


class RegistryTrial(Protocol):
    """Finds out what one repository lets this run do, and leaves nothing behind."""

    def resolve(self, tag: str) -> Digest | None:
        """See `ManifestReader`."""
        ...

    def try_upload(self) -> str:
        """Start an upload, and cancel it; it is never completed.

        Returns:
            Empty; or why it could not be cancelled, in one sentence.

        Raises:
            RemoteError: None may be started.
        """
        ...

    def has_referrers_api(self) -> bool | None:
        """Whether it lists evidence by itself; None where it does not exist yet and so does not say.

        Raises:
            RemoteError: It failed.
        """
        ...


class Signer(Protocol):
    """Turns a statement's bytes into a signed bundle under one identity."""

    def sign(self, statement: bytes) -> bytes:
        """Sign in-toto statement bytes as DSSE and return the Sigstore bundle v0.3 as JSON bytes."""
        ...

    @property
    def public_key_pem(self) -> bytes | None:
        """The public key evidence verifies under; None where identity is a certificate."""
        ...


class PayloadSigner(Protocol):
    """Makes and knows legacy signatures of one identity (`model.simple_signing`)."""

    def sign_payload(self, payload: bytes) -> Mapping[str, str]:
        """Sign a payload; returns the annotations of its layer."""
        ...

    def recognises(self, payload: bytes, annotations: Mapping[str, str]) -> bool:
        """Whether a layer's annotations hold this identity's valid signature over the payload."""
        ...


class TokenSource(Protocol):
    """Gives the job's own OIDC token, verified against the configured issuer's keys."""

    def token(self, seconds: float) -> IdentityToken:
        """A verified token that stays valid for at least `seconds` more.

        GitHub mints a fresh one when the last is too old; GitLab fixed it when the job started.

        Raises:
            UsageError: The job has no token, or may not have one; the hint holds the lines to paste.
            RemoteError: The platform failed, or the token ends too soon and no other is to be had.
            CheckError: The token does not verify, or is another issuer's.
        """
        ...


class ApprovalSource(Protocol):
    """Reads from the CI platform's API who approved, who wrote, and what was checked; nothing else is believed."""

    def decisions(self, environment: str) -> Decisions:
        """What was decided about this run's deployment to `environment`, and who asked for the run.

        Raises:
            RemoteError: The platform failed; what this job may not read is a gap of the answer instead.
        """
        ...

    def changes(self, older: str | None, newer: str, branch: str) -> Changes:
        """The merged changes, reviews and authors after commit `older` up to `newer` on `branch`.

        Args:
            older: The channel's revision; None when it has none yet, and the push that brought `newer` is the range.
            newer: The revision to promote.
            branch: Name of the branch both are on, such as `main`.

        Raises:
            RemoteError: As above.
        """
        ...

    def checks(self, commit: str) -> CheckResults:
        """The last result of every check of a commit.

        Raises:
            RemoteError: As above.
        """
        ...


class Clock(Protocol):
    """Tells the time; the only way a flow learns it."""

    def now(self) -> datetime:
        """The current time, UTC."""
        ...


class History(Protocol):
    """Answers questions about the source repository's commits."""

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """Whether commit `older` is `newer` or one of its ancestors; None when it is not in history at all."""
        ...

    def touched(self, older: str, newer: str, paths: Sequence[str]) -> bool:
        """Whether any commit after `older` up to `newer` touches one of `paths` (repository-relative)."""
        ...


class PolicyHistory(Protocol):
    """Answers questions about the rules that the protected branch has had."""

    def contains(self, commit: str) -> bool | None:
        """Whether the branch has this commit; None where that cannot be told."""
        ...

    def digest_at(self, commit: str) -> Digest | None:
        """The digest of the rules' file at a commit; None where it has none."""
        ...


class Renderer(Protocol):
    """Turns a component's tree into manifests with an outside tool."""

    def has(self, name: Literal["helm", "kustomize"]) -> bool:
        """Whether the tool is installed."""
        ...

    def render(self, tree: Tree, request: RenderRequest) -> Rendered:
        """Render one output; only files of `tree` are read.

        Raises:
            UsageError: The tool is missing or of another version, or the request names what is not in the tree.
            CheckError: The tool ran and said no.
        """
        ...
