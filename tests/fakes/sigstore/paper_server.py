"""A paper instance on loopback: Fulcio, Rekor v1 and v2 and the timestamp authority behind one address, with weather.

    with PaperServer() as server:
        server.forecast(V1_ENTRIES, refuse(429, retry_after=1), refuse(503), LOST)   # then fair again
        server.climate(TIMESTAMP, refuse(500))                                       # until told otherwise
        …sign with server.trust_config(rekor=1)…
        assert server.count(V1_ENTRIES) == 4 and server.entries(1) == 1              # asked often, logged once

What a scripted answer does to the work behind it: `refuse` and `CUT` do none of it, `LOST` does all of it and then hangs
up, so that the client cannot know; `HANG` holds the request until the server closes; `slow` is only late.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from tests.fakes.sigstore.authorities import pem
from tests.fakes.sigstore.loopback import Answer, Loopback, Request
from tests.fakes.sigstore.paper import Paper, Version
from tests.fakes.sigstore.paper_answers import (
    SIGNING_CERT,
    TIMESTAMP,
    V1_ENTRIES,
    V2_ENTRIES,
    grpc_error,
    rekor_error,
    signing_cert,
    timestamp,
    v1_create,
    v1_get,
    v1_retrieve,
    v2_create,
)
from tests.fakes.sigstore.trust import client_trust_config

HELD_SECONDS = 60
"""How long a request is held at most."""
_WORDS = {400: "invalid argument", 429: "slow down", 500: "internal error", 502: "bad gateway", 503: "unavailable"}


@dataclass(frozen=True)
class Weather:
    """What happens to one request.

    Attributes:
        kind: `refuse`, `cut`, `lost`, `hang`, `slow` or `say`.
        status: The status of a refusal.
        retry_after: Its `Retry-After` header: seconds, or a date as HTTP writes it.
        seconds: How late a slow answer is.
        answer: What is said instead of anything else.
    """

    kind: str
    status: int = 0
    retry_after: str = ""
    seconds: float = 0.0
    answer: Answer | None = None


CUT = Weather("cut")
LOST = Weather("lost")
HANG = Weather("hang")
FAIR = Weather("slow")


def refuse(status: int, retry_after: int | str = "") -> Weather:
    """An error of that status, in the service's own words."""
    return Weather("refuse", status, str(retry_after))


def slow(seconds: float) -> Weather:
    """The true answer, late."""
    return Weather("slow", seconds=seconds)


def say(answer: Answer) -> Weather:
    """Another answer altogether."""
    return Weather("say", answer=answer)


@dataclass(frozen=True)
class Seen:
    """One request that came in.

    Attributes:
        method: Its method.
        path: Its path.
        at: When, in seconds of the monotonic clock.
        status: What it was answered; 0 for a connection that was closed.
    """

    method: str
    path: str
    at: float
    status: int


def now() -> datetime:
    """The machine's time."""
    return datetime.fromtimestamp(time.time(), timezone.utc)


class PaperServer(Loopback):
    """The server; a context manager.

    Args:
        paper: The instance; a new one when not given, so that its logs are this test's own.
        clock: What it takes for now.
    """

    def __init__(self, paper: Paper | None = None, clock: Callable[[], datetime] = now) -> None:
        self.paper = paper or Paper()
        self.clock = clock
        self.seen: list[Seen] = []
        self._scripts: dict[str, deque[Weather]] = defaultdict(deque)
        self._climates: dict[str, Weather] = {}
        self._closing = threading.Event()
        super().__init__(self._answer)

    def __enter__(self) -> PaperServer:
        super().__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._closing.set()
        super().__exit__(*details)

    def forecast(self, path: str, *weather: Weather) -> None:
        """What happens to the next requests for that path, one each."""
        self._scripts[path].extend(weather)

    def climate(self, path: str, weather: Weather = FAIR) -> None:
        """What happens to every request for that path for which there is no forecast."""
        self._climates[path] = weather

    def count(self, path: str) -> int:
        """How many requests came in for that path."""
        return sum(each.path == path for each in self.seen)

    def entries(self, rekor: Version) -> int:
        """How many entries that log took."""
        return self.paper.rekor[rekor].entries

    def trust_config(self, rekor: Version = 2) -> str:
        """A client trust configuration that signs here, as sigstore-python takes it."""
        signing = json.loads(self.paper.signing_config(self.url, rekor))
        return json.dumps(client_trust_config(self.paper.draw_root(), signing))

    def _answer(self, request: Request) -> Answer:
        at = time.monotonic()
        answer = self._under(self._weather(request.path), request)
        self.seen.append(Seen(request.method, request.path, at, answer.status))
        return answer

    def _weather(self, path: str) -> Weather:
        script = self._scripts[path]
        return script.popleft() if script else self._climates.get(path, FAIR)

    def _under(self, weather: Weather, request: Request) -> Answer:
        if weather.kind == "refuse":
            return _refusal(request.path, weather)
        if weather.kind == "say" and weather.answer:
            return weather.answer
        if weather.kind == "slow":
            self._closing.wait(weather.seconds)
            return self._work(request)
        if weather.kind == "lost":
            self._work(request)
        if weather.kind == "hang":
            self._closing.wait(HELD_SECONDS)
        return Answer(0)

    def _work(self, request: Request) -> Answer:
        paper, body, at = self.paper, request.body, self.clock()
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        chain = pem(paper.authorities.tsa.certificate, paper.authorities.tsa_root.certificate)
        served: dict[tuple[str, str], Callable[[], Answer]] = {
            ("POST", SIGNING_CERT): lambda: signing_cert(paper, body, token, at),
            ("POST", V1_ENTRIES): lambda: v1_create(paper, body, at),
            ("POST", f"{V1_ENTRIES}/retrieve"): lambda: v1_retrieve(paper, body),
            ("POST", V2_ENTRIES): lambda: v2_create(paper, body, at),
            ("POST", TIMESTAMP): lambda: timestamp(paper, body, at),
            ("GET", f"{TIMESTAMP}/certchain"): lambda: Answer(200, chain, {"Content-Type": "application/pem-file"}),
        }
        work = served.get((request.method, request.path))
        if work:
            return work()
        if request.method == "GET" and request.path.startswith(f"{V1_ENTRIES}/"):
            return v1_get(paper, request.path.rpartition("/")[2])
        return Answer(404)


def _refusal(path: str, weather: Weather) -> Answer:
    words = _WORDS.get(weather.status, "an error")
    headers: dict[str, Any] = {"Retry-After": weather.retry_after} if weather.retry_after else {}
    if path.startswith(V1_ENTRIES):
        return rekor_error(weather.status, words, **headers)
    return grpc_error(weather.status, 14, words, **headers)
