"""Channels are read while the rest is loaded: nothing twice, no failure lost, and a guess that is wrong harms nothing."""

import pytest

from gitless.errors import RemoteError
from gitless.model.reference import Location
from gitless.registry.memory import MemoryRepository
from gitless.wiring.ahead import ReadAhead, likely
from gitless.wiring.request import PublishRequest

WEB = Location.parse("ghcr.io/acme/apps/web")


class Shelves:
    """Opens stores in memory; may fail while it prepares."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.repository = MemoryRepository()
        self.failure = failure
        self.opened = 0

    def prepare(self, locations: object) -> None:
        if self.failure:
            raise self.failure

    def open(self, location: Location) -> MemoryRepository:
        self.opened += 1
        return self.repository


def test_what_was_begun_twice_is_read_once() -> None:
    shelves = Shelves()
    ahead = ReadAhead(shelves)  # type: ignore[arg-type]
    ahead.begin([WEB], "latest")
    ahead.begin([WEB], "latest")
    assert ahead.result(WEB, "latest") is None
    assert shelves.opened == 1


def test_a_failure_while_preparing_reaches_whoever_asks() -> None:
    ahead = ReadAhead(Shelves(RemoteError("down")))  # type: ignore[arg-type]
    ahead.begin([WEB], "latest")
    with pytest.raises(RemoteError, match="down"):
        ahead.result(WEB, "latest")


@pytest.mark.parametrize(
    ("flags", "env", "expected"),
    [
        ({"registry": "ghcr.io/acme/apps", "path": "deploy/web"}, {}, ([WEB], "latest")),
        ({"path": "x", "name": "web"}, {"GITLESS_REGISTRY": "ghcr.io/acme/apps"}, ([WEB], "latest")),
        ({"registry": "ghcr.io/acme/apps", "path": "web", "channel": "next"}, {}, ([WEB], "next")),
        ({"registry": "ghcr.io/acme/apps"}, {}, ([], "latest")),
        ({"path": "web"}, {}, ([], "latest")),
        ({"registry": "https://ghcr.io/x", "path": "web"}, {}, ([], "latest")),
        ({"registry": "ghcr.io/acme/apps", "path": "web", "channel": "a/../b"}, {}, ([], "a/../b")),
    ],
)
def test_the_likely_place(flags: dict[str, str], env: dict[str, str], expected: tuple[list[Location], str]) -> None:
    assert likely(PublishRequest(**flags), env) == expected  # type: ignore[arg-type]
