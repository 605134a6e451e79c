"""The public instance by TUF, against a TUF repository on loopback with keys of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from tests.fakes.keyless import Time
from tests.fakes.sigstore.loopback import Answer
from tests.fakes.tuf_repository import TufRepository

from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.signing.public import PATIENCE, PublicGood

FILES = {
    "trusted_root.json": b'{"root": "new"}',
    "signing_config.v0.2.json": b'{"rekor": 1}',
    "signing_config_rekor_v2.v0.2.json": b'{"rekor": 2}',
}


@pytest.fixture
def repository() -> Iterator[TufRepository]:
    with TufRepository(FILES) as running:
        yield running


def public(repository: TufRepository, clock: Time | None = None) -> PublicGood:
    clock = clock or Time()
    patience = clock.patience(PATIENCE.attempts, PATIENCE.total_seconds)
    return PublicGood({}, clock.now, patience=patience, url=repository.url, root=repository.root)


@pytest.mark.parametrize(("rekor", "config"), [(1, b'{"rekor": 1}'), (2, b'{"rekor": 2}')])
def test_files_are_the_repositorys(repository: TufRepository, rekor: int, config: bytes) -> None:
    instance = public(repository).instance(rekor)  # type: ignore[arg-type]
    assert (instance.trusted_root, instance.signing_config, instance.rekor) == (b'{"root": "new"}', config, rekor)
    assert instance.notice == ""
    assert len(repository.asked) == 6


def test_a_file_that_came_with_sigstore_is_not_read_again() -> None:
    embedded, _ = PublicGood({}, Time().now, offline=True).trusted_root()
    with TufRepository({"trusted_root.json": embedded}) as repository:
        assert public(repository).trusted_root() == (embedded, "")
        assert not [path for path in repository.asked if path.startswith("/targets/")]


def test_a_busy_repository_is_asked_again(repository: TufRepository) -> None:
    repository.weather = [Answer(503, b"", {"Retry-After": "2"})]
    clock = Time()
    assert public(repository, clock).trusted_root() == (b'{"root": "new"}', "")
    assert clock.waits == [2.5]


@pytest.mark.parametrize(
    ("answer", "word"),
    [(Answer(0), "The connection to"), (Answer(503), "answered 503"), (Answer(403), "it answered 403")],
)
def test_unreachable_is_said_and_the_embedded_root_is_used(
    repository: TufRepository, answer: Answer, word: str
) -> None:
    repository.weather = [answer] * 20
    instance = public(repository).instance(1)
    assert word in instance.notice
    assert "The trusted root that came with sigstore" in instance.notice
    services = instance.services()
    assert services.fulcio == "https://fulcio.sigstore.dev"
    assert services.rekor == "https://rekor.sigstore.dev"
    assert services.timestamps == ("https://timestamp.sigstore.dev/api/v1/timestamp",)


def test_rekor_2_is_not_known_without_tuf(repository: TufRepository) -> None:
    repository.weather = [Answer(503)] * 20
    with pytest.raises(RemoteError, match="Rekor 2 of the public Sigstore instance") as caught:
        public(repository).instance(2)
    assert caught.value.exit_code == 3
    assert caught.value.temporary
    with pytest.raises(UsageError, match="cannot be used offline"):
        PublicGood({}, Time().now, offline=True).instance(2)


def test_offline_asks_nobody() -> None:
    instance = PublicGood({"HTTPS_PROXY": "http://127.0.0.1:1"}, Time().now, offline=True).instance()
    assert "was not asked (offline)" in instance.notice
    assert instance.services().rekor == "https://rekor.sigstore.dev"


def test_bytes_that_the_metadata_does_not_name_are_refused(repository: TufRepository) -> None:
    repository.tamper("trusted_root.json", b'{"root": "bad"}')
    with pytest.raises(UntrustedContentError, match="does not verify"):
        public(repository).trusted_root()


def test_more_bytes_than_the_metadata_names_are_refused(repository: TufRepository) -> None:
    repository.tamper("trusted_root.json", b"x" * 1000)
    with pytest.raises(UntrustedContentError, match="does not verify"):
        public(repository).trusted_root()


def test_metadata_that_expired_is_refused() -> None:
    ended = datetime(2020, 1, 1, tzinfo=timezone.utc)
    with TufRepository(FILES, ended) as repository, pytest.raises(UntrustedContentError, match="does not verify"):
        public(repository).trusted_root()


def test_metadata_of_other_keys_is_refused(repository: TufRepository) -> None:
    with TufRepository(FILES) as other:
        stranger = PublicGood({}, Time().now, url=other.url, root=repository.root)
        with pytest.raises(UntrustedContentError, match="does not verify"):
            stranger.trusted_root()


def test_a_repository_without_the_file_is_refused() -> None:
    with TufRepository({"trusted_root.json": b"{}"}) as repository:
        with pytest.raises(UntrustedContentError) as caught:
            public(repository).instance(1)
        assert caught.value.why == "It has no signing_config.v0.2.json."
