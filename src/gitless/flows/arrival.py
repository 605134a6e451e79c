"""The end of a move: the release tag, then the channel's, then another look whether both came to stay."""

from __future__ import annotations

from dataclasses import dataclass

from gitless.errors import CheckError, RemoteError
from gitless.flows.bookkeeping import MAX_LOOKS, Bookkeeper, check_canonical, is_superseded
from gitless.flows.examine import Examined
from gitless.flows.ledger import Ledger
from gitless.flows.movable import move_tag
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.ports import Repository


@dataclass(frozen=True)
class Arrival:
    """Writes the tags of one move whose record counts.

    Attributes:
        books: Keeps the channel's journal.
        examined: The move.
        record: The manifest of the record that authorises it.
    """

    books: Bookkeeper
    examined: Examined
    record: Manifest

    @property
    def _channel(self) -> str:
        return self.books.rules.channel

    @property
    def _target(self) -> Repository:
        return self.examined.wanted.target

    def write(self, ledger: Ledger) -> tuple[str, ...]:
        """Write what does not stand already.

        Args:
            ledger: The channel as it was read last.

        Returns:
            The tags that were written, the channel last.

        Raises:
            CheckError: The release names another digest, or the channel was moved since the gates were judged.
            RemoteError: The store failed.
        """
        moves = self._check_channel(ledger)
        tags = self._write_release()
        if moves:
            move_tag(self._target, self.examined.artifact, self._channel)
            tags.append(self._channel)
        return tuple(tags)

    def settle(self) -> Ledger:
        """Look again: a promoter that read journal or channel before us may have written it after us.

        Raises:
            CheckError: Another promotion was faster.
            RemoteError: The store failed, or the channel does not come to rest.
        """
        record = self.record.digest
        for look in range(MAX_LOOKS):
            ledger = self.books.read(self.examined)
            head = ledger.history.head
            if is_superseded(ledger, record):
                return ledger
            if record not in ledger.listed:
                self.books.enter(self.examined, self.record, again=True)
            elif head and ledger.observed != head.record.digest:
                self._put(head.record.digest)
            else:
                check_canonical(ledger, record)
                return ledger
            self.books.pause(look)
        raise RemoteError(
            f"The channel {self._channel} does not come to rest.",
            why=f"After {MAX_LOOKS} looks other writers were still moving it.",
            hint="Run the same command again; serialise promotions of one channel.",
            temporary=True,
        )

    def _write_release(self) -> list[str]:
        release = self.examined.release
        named = self._target.resolve(release) if release else None
        if not release or named == self.examined.wanted.digest:
            return []
        if named is not None:
            raise CheckError(
                f"The release {release} names another digest.",
                why=f"It names {named}, and releases never move.",
                hint="Take another version.",
            )
        self._target.push_manifest(self.examined.artifact, release)
        return [release]

    def _check_channel(self, ledger: Ledger) -> bool:
        """Whether the channel must still be moved; it must name what was judged, or what records explain."""
        before, now = self.examined.ledger.observed, ledger.observed
        if now == self.examined.wanted.digest:
            return False
        if now not in (before, *_explained(ledger)):
            raise CheckError(
                f"The channel {self._channel} was moved meanwhile.",
                why=f"It named {before or 'nothing'} when the gates were judged, and names {now or 'nothing'} now.",
                hint="Look at it with gitless history and gitless audit; then run the same command again.",
            )
        return True

    def _put(self, digest: Digest) -> None:
        """The record that counts authorises its digest, whoever writes the tag."""
        manifest = self._target.fetch_manifest(digest)
        if manifest is None:
            raise RemoteError(f"{digest} was promoted, and is gone.", temporary=True)
        move_tag(self._target, manifest, self._channel)


def _explained(ledger: Ledger) -> list[Digest]:
    """What the channel may name meanwhile by the record that ours follows, or by one that ours has beaten."""
    history = ledger.history
    head = history.head
    if head is None:
        return []
    beaten = [link.record.digest for link in history.lost if link.record.previous == head.record.previous]
    return [*(link.record.digest for link in history.links[-2:-1]), *beaten]
