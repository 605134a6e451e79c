"""Puts a channel's life (`promotion_world.World`) into a real store: signed bundles, referrers, a journal and a tag."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace

from tests.fakes.promotion_world import Expected, Node, World
from tests.fakes.signed import make_artifact, make_signer

from gitless.artifact.manifest import CONFIG_BLOB, EMPTY_BLOB, build_referrer
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, FLUX_CONTENT
from gitless.model.namespace import PROMOTION
from gitless.model.promotion import Record
from gitless.ports import Repository
from gitless.promotion.journal import Journal, journal_tag
from gitless.promotion.record import record_statement
from gitless.signing.key_signer import KeySigner

CREATED = "2026-11-20T12:00:00Z"


@dataclass
class PromotionStore:
    """A repository that holds what is left of a world.

    Attributes:
        repository: The store.
        promoter: Signs what the promoting identity wrote.
        stranger: Signs what somebody else wrote.
        artifacts: Real artifacts by the digests the world made up.
        records: Real record manifests by the digests the world made up.
        builds_on: The predecessor of each record that is there and counts.
    """

    repository: Repository
    promoter: KeySigner = field(default_factory=make_signer)
    stranger: KeySigner = field(default_factory=make_signer)
    artifacts: dict[Digest, Manifest] = field(default_factory=dict)
    records: dict[Digest, Manifest] = field(default_factory=dict)
    builds_on: dict[Digest, Digest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for blob in (CONFIG_BLOB, EMPTY_BLOB, Blob.of(b"layer", FLUX_CONTENT)):
            self.repository.push_blob(blob)

    def artifact(self, made_up: Digest) -> Manifest:
        """The artifact that stands for a made-up digest, in the store."""
        if made_up not in self.artifacts:
            manifest = make_artifact(name=made_up.hex)
            self.repository.push_manifest(manifest)
            self.artifacts[made_up] = manifest
        return self.artifacts[made_up]

    def put(self, world: World, channel: str = "stable") -> None:
        """Write everything that is still there."""
        nodes = [*world.chain, *(rival for node in world.chain for rival in node.rivals)]
        losers = {rival.manifest for node in world.chain for rival in node.rivals}
        winners = {node.manifest for node in world.chain if node.rivals}
        todo: list[tuple[Record, Node | tuple[str, RecordEntry]]] = [(node.record, node) for node in nodes]
        todo += [(item.record, (kind, item)) for kind, item in world.strange if item.record]
        # originals before their copies, predecessors before what builds on them
        for _, item in sorted(todo, key=lambda pair: (pair[0].sequence, not isinstance(pair[1], Node))):
            if isinstance(item, Node):
                side = "low" if item.manifest in winners else "high" if item.manifest in losers else ""
                self._record(item.manifest, item.record, "valid", item.present, side)
            else:
                kind, entry = item
                assert entry.record
                standing = kind if kind in ("foreign", "invalid") else "valid"
                self._record(entry.manifest, entry.record, standing, True)
        self.write_journal([self.records[item] for item in world.listed()], channel)
        if world.tag:
            self.repository.push_manifest(self.artifact(world.tag), channel)

    def write_journal(self, records: list[Manifest], channel: str = "stable") -> None:
        """Let the journal list exactly these."""
        pushes = Journal().appended(records, ())
        for index in pushes[:-1]:
            self.repository.push_manifest(index)
        if pushes:
            self.repository.push_manifest(pushes[-1], journal_tag(channel))

    def name_everything(self) -> None:
        """Give every artifact a tag of its own, as build tags do."""
        for number, manifest in enumerate(self.artifacts.values()):
            self.repository.push_manifest(manifest, f"build-{number}")

    def unseen_by_history(self, world: World) -> set[Digest]:
        """Manifests that neither the journal nor a later record nor the channel's digest leads to."""
        named = self.artifacts[world.tag].digest if world.tag else None
        beside = {item.digest for item in self.records.values() if item.subject and item.subject.digest == named}
        todo, walked = [self.records[item].digest for item in world.listed()], set()
        while todo:
            digest = todo.pop()
            walked.add(digest)
            before = self.builds_on.get(digest)
            if before and before not in walked:
                todo.append(before)
        return {item.digest for item in self.records.values()} - walked - beside

    def attach(self, record: Record, subject: Manifest, signer: KeySigner | None = None) -> Manifest:
        """Sign a record that holds real digests, and attach it."""
        bundle = (signer or self.promoter).sign(record_statement(record).content)
        manifest = build_referrer(bundle, PROMOTION, subject.descriptor, CREATED)
        self._push(bundle, manifest)
        return manifest

    def expected(self, world: World) -> Expected:
        """What the world expects, in the digests of the store."""
        found = world.expected()
        return Expected(
            [(self.records[manifest].digest, state, gap) for manifest, state, gap in found.links],
            {self.records[item].digest for item in found.lost},
            {(kind, self.records[item].digest) for kind, item in found.faults},
            found.word,
            {self.artifact(item).digest for item in found.withdrawn},
            {name: self.artifact(item).digest for name, item in found.releases.items()},
        )

    def _record(self, made_up: Digest, record: Record, standing: str, present: bool, side: str = "") -> None:
        real = self._real(record)
        subject = self.artifact(record.digest)
        content = record_statement(replace(real, ticket="") if standing == "invalid" else real).content
        while True:
            bundle = (self.stranger if standing == "foreign" else self.promoter).sign(content)
            if standing == "invalid":
                bundle = edit_bundle(bundle, record_statement(real).content)
            manifest = build_referrer(bundle, PROMOTION, subject.descriptor, CREATED)
            # of two records with one predecessor the lower digest counts: each signature is a new draw
            if not side or (manifest.digest.hex < "8") == (side == "low"):
                break
        self.records[made_up] = manifest
        if present:
            self._push(bundle, manifest)
        if present and standing == "valid" and real.channel == "stable" and real.previous:
            self.builds_on[manifest.digest] = real.previous

    def _push(self, bundle: bytes, manifest: Manifest) -> None:
        assert manifest.subject
        self.repository.push_blob(Blob.of(bundle, BUNDLE))
        self.repository.attach(manifest.subject.digest, (manifest,))

    def _real(self, record: Record) -> Record:
        previous = self.records.get(record.previous) if record.previous else None
        return replace(
            record,
            digest=self.artifact(record.digest).digest,
            observed=self.artifact(record.observed).digest if record.observed else None,
            withdraws=self.artifact(record.withdraws).digest if record.withdraws else None,
            previous=previous.digest if previous else record.previous,
        )


def edit_bundle(bundle: bytes, payload: bytes) -> bytes:
    """A bundle whose payload was replaced after it was signed."""
    document = json.loads(bundle)
    assert b64decode(document["dsseEnvelope"]["payload"]) != payload
    document["dsseEnvelope"]["payload"] = b64encode(payload).decode()
    return json.dumps(document).encode()
