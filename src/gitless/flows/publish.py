"""The verb publish, one component: build, compare, push by digest, evidence, tags last, look again.

The order is the promise: no channel tag ever names a digest whose evidence does not verify under Flux's own rules,
and after any interruption the same call completes the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from gitless.errors import CheckError, RemoteError
from gitless.flows.build import Built
from gitless.flows.changes import file_changes
from gitless.flows.channel import ChannelMove, Mover, Named, finished, position_of, read_named
from gitless.flows.complete import Attachment, Completed, Predicates, attach_missing, keep_signed, push, push_content
from gitless.flows.evidence import gather, judge_all
from gitless.flows.legacy import attach_legacy
from gitless.flows.parallel import both
from gitless.flows.refused_read import without_channel
from gitless.flows.unchanged import is_unchanged
from gitless.flows.verify import evidence_result
from gitless.model.blob import Blob
from gitless.model.component import ComponentPlan, PublishOptions
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import PREDICATE_SBOM
from gitless.model.results import ComponentResult
from gitless.model.revision import Source, rfc3339
from gitless.ports import Clock, History, PayloadSigner, Repository, Signer
from gitless.promotion.forward import Decision, decide
from gitless.promotion.tags import BuildTag, content_tag
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.judge import valid
from gitless.verification.trust import Trust


@dataclass(frozen=True)
class Publisher:
    """Publishes built components; holds what all components of a run share.

    Attributes:
        source: This run's commit.
        history: Git, where there is one.
        signer: The publishing identity; None where nothing is signed, and so nothing named.
        trusted: The same identity as evidence shows it: what "ours" means.
        clock: Tells the time of the evidence.
        options: Flags of the run.
        pause: Waits before another look at a channel.
        payloads: Makes legacy signatures; None where none are asked for.
    """

    source: Source
    history: History | None
    signer: Signer | None
    trusted: Sequence[Trust]
    clock: Clock
    options: PublishOptions
    pause: Callable[[int], None]
    payloads: PayloadSigner | None = None

    def publish(
        self,
        plan: ComponentPlan,
        built: Built,
        layer: Blob,
        repository: Repository,
        predicates: Predicates,
        read_channel: Callable[[], Manifest | None],
    ) -> ComponentResult:
        """Publish one component.

        Args:
            plan: What is asked for.
            built: Its artifact, made by this very run.
            layer: The artifact's layer.
            repository: Where it goes.
            predicates: Predicate type to the function that makes it.
            read_channel: Gives what the channel names; the caller may have asked for it beside the build.

        Raises:
            CheckError: The channel may not be moved, or the evidence does not verify.
            RemoteError: The store failed; the same command completes the work.
        """
        predicates = {kind: cache(make) for kind, make in predicates.items()}
        try:
            named, found = self._look(built, repository, read_channel, predicates)
        except RemoteError as error:
            return without_channel(self._describe(plan, built, None), self.options, error)
        result = self._describe(plan, built, named)
        if named and not self.options.force and is_unchanged(named, built, plan, self.source, self.history):
            if named.manifest.digest == built.manifest.digest:
                self._attach_legacy(plan, built.manifest, repository)
            return self._unchanged(result, named, repository)
        decision = self._decide(named)
        if self.options.dry_run:
            return replace(result, changed=True, notes=(f"Nothing was written: {decision.reason}",))
        if self.signer is None:
            return self._push_unsigned(result, built, layer, repository)
        attachments = self._sign(self.signer, built, layer, repository, predicates, found)
        build = BuildTag.of(self.options.channel, self.source)
        completed, taken = self._push(repository, built, layer, attachments, found, build)
        self._attach_legacy(plan, built.manifest, repository)
        result = replace(result, changed=True, pushed=True, evidence=_evidence(completed))
        referrers, digest = [item.referrer for item in attachments], built.manifest.digest
        # the tags are written while the listing is watched for writers that came late; both must end well
        with ThreadPoolExecutor(max_workers=1) as pool:
            confirmed = pool.submit(repository.confirm, digest, referrers)
            mover = self._mover(repository, named, confirmed.result)
            return both(
                lambda: self._name(result, built, mover, decision, build, taken),
                lambda: _settle(confirmed, repository, digest, referrers),
            )[0]

    def _sign(
        self,
        signer: Signer,
        built: Built,
        layer: Blob,
        repository: Repository,
        predicates: Predicates,
        found: Sequence[JudgedEvidence],
    ) -> Sequence[Attachment]:
        """Sign what is missing; where the services fail half way, what they did is kept for the next run."""
        created = rfc3339(self.clock.now())
        attachments, failure = attach_missing(signer, built.manifest, found, predicates, created)
        if failure:
            keep_signed(repository, built.manifest, layer, attachments)
            raise failure
        return attachments

    def _attach_legacy(self, plan: ComponentPlan, artifact: Manifest, repository: Repository) -> None:
        """Legacy signatures stand beside bundles, never instead; only bytes that this run has built get one."""
        if self.payloads is not None and not self.options.dry_run:
            attach_legacy(repository, artifact, str(plan.location), self.payloads)

    def _push_unsigned(
        self, result: ComponentResult, built: Built, layer: Blob, repository: Repository
    ) -> ComponentResult:
        """By digest only: no tag ever names what is not signed."""
        push_content(repository, layer, ())
        repository.push_manifest(built.manifest)
        return replace(result, changed=True, pushed=True, notes=(*result.notes, _UNSIGNED))

    def _look(
        self,
        built: Built,
        repository: Repository,
        read_channel: Callable[[], Manifest | None],
        predicates: Predicates,
    ) -> tuple[Named | None, list[JudgedEvidence]]:
        """Read the channel and what the store lists for our own digest, side by side and nothing twice.

        The SBOM is made meanwhile where it will be needed: where the channel names something else.
        """
        digest = built.manifest.digest

        def read() -> Manifest | None:
            channel = read_channel()
            if channel is None or channel.digest != digest:
                predicates[PREDICATE_SBOM]()
            return channel

        channel, listing = both(read, lambda: repository.list_referrers(digest))
        if channel is not None and channel.digest == digest:
            named = read_named(repository, channel, self.trusted, listing)
            return named, list(named.evidence)
        return both(
            lambda: read_named(repository, channel, self.trusted) if channel else None,
            lambda: judge_all(gather(repository, digest, listing).evidence, digest, self.trusted),
        )

    def _decide(self, named: Named | None) -> Decision:
        decision = decide(position_of(named, self.source, self.history), self.options.rewritten_history)
        if decision.move == "refuse":
            raise CheckError(
                f"The channel {self.options.channel!r} was not moved.",
                why=decision.reason,
                hint="If the checkout is shallow, fetch all of it. On GitHub, at actions/checkout:\n"
                "with: {fetch-depth: 0}\nOn GitLab:\nvariables: {GIT_DEPTH: 0}\n"
                "If history was rewritten on purpose, say why: --rewritten-history REASON. It is recorded.",
            )
        return decision

    def _push(
        self,
        repository: Repository,
        built: Built,
        layer: Blob,
        attachments: Sequence[Attachment],
        found: Sequence[JudgedEvidence],
        build: BuildTag,
    ) -> tuple[Completed, bool]:
        return both(
            lambda: push(repository, built.manifest, layer, attachments, self.trusted, found),
            lambda: repository.resolve(str(build)) is not None,
        )

    def _name(
        self,
        result: ComponentResult,
        built: Built,
        mover: Mover,
        decision: Decision,
        build: BuildTag,
        taken: bool,
    ) -> ComponentResult:
        if decision.move == "keep":
            tags = mover.keep(built.manifest, build, taken)
            return replace(result, tags=tags, notes=(*result.notes, f"The channel stays: {decision.reason}"))
        channel = self.options.channel
        others = [content_tag(channel, built.content), *self.options.extra_tags]
        move = mover.move(built.manifest, build, taken, others, channel)
        is_ours = move.channel_digest == built.manifest.digest
        tags = move.tags if is_ours else tuple(tag for tag in move.tags if tag != channel)
        return replace(result, tags=tags, notes=(*result.notes, *_overtaken(move, built)))

    def _describe(self, plan: ComponentPlan, built: Built, named: Named | None) -> ComponentResult:
        return ComponentResult(
            name=plan.name,
            repository=str(plan.location),
            channel=self.options.channel,
            digest=str(built.manifest.digest),
            reference=f"{plan.location}@{built.manifest.digest}",
            revision=self.source.revision,
            content=str(built.packed.content),
            previous=str(named.manifest.digest) if named else "",
            changes=file_changes(_sbom_of(named), built.findings.files),
            images=tuple(sorted({use.image.text for use in built.findings.images})),
            notes=() if named is None or named.trusted else (_UNTRUSTED,),
        )

    def _unchanged(self, result: ComponentResult, named: Named, repository: Repository) -> ComponentResult:
        """Nothing is published; extra tags still follow the digest that stands."""
        tags = () if self.options.dry_run else self._copy_tags(named, repository)
        build = BuildTag.of(self.options.channel, self.source)
        newer = None if self.options.dry_run else self._mover(repository, named).heal(build, self.options.channel)
        if newer is not None:
            note = (
                f"The channel was left behind by an interrupted run; it names the newer build {newer.revision} again."
            )
            result = replace(result, pushed=True, notes=(*result.notes, note))
        return replace(
            result,
            digest=str(named.manifest.digest),
            reference=f"{result.repository}@{named.manifest.digest}",
            revision=named.revision,
            evidence=tuple(evidence_result(item) for item in named.evidence),
            tags=tags if newer else (*tags, self.options.channel),
        )

    def _mover(
        self, repository: Repository, named: Named | None, confirm: Callable[[], object] = lambda: None
    ) -> Mover:
        rewritten = bool(self.options.rewritten_history)
        return Mover(
            repository, self.source, self.history, self.trusted, self.pause, rewritten, finished(named), confirm
        )

    def _copy_tags(self, named: Named, repository: Repository) -> tuple[str, ...]:
        missing = [tag for tag in self.options.extra_tags if repository.resolve(tag) != named.manifest.digest]
        for tag in missing:
            repository.push_manifest(named.manifest, tag)
        return self.options.extra_tags


_UNSIGNED = "It is not signed (signing.method: none), so it was pushed by digest and no tag names it."
_UNTRUSTED = "What the channel named before carries no valid evidence of this identity; nothing of it was reused."


def _settle(confirmed: Future[None], repository: Repository, digest: Digest, referrers: Sequence[Manifest]) -> None:
    """The second look follows the first, whatever becomes of the tags meanwhile."""
    confirmed.result()
    repository.settle(digest, referrers)


def _overtaken(move: ChannelMove, built: Built) -> tuple[str, ...]:
    if move.channel_digest == built.manifest.digest:
        return ()
    return (f"The channel names another build, {move.channel_digest} of {move.overtaken_by}: it is newer or as new.",)


def _evidence(completed: Completed) -> tuple[Any, ...]:
    results = [evidence_result(item) for item in completed.evidence]
    return tuple(replace(item, added=item.digest in completed.added) for item in results)


def _sbom_of(named: Named | None) -> Mapping[str, Any] | None:
    if named is None or not named.trusted:
        return None
    statements = [item.statement for item in valid(named.evidence, PREDICATE_SBOM)]
    return statements[0].predicate if statements and statements[0] else None
