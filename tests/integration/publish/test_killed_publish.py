"""A publish whose process is killed when request k arrives, for every k: what it leaves behind, and what a rerun makes of it."""

import copy
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from tests.fakes.registry_server import RegistryServer, Reply
from tests.fakes.workshop import config_map
from tests.unit.cli.shop import Shop

from gitless.cli.main import run
from gitless.model.digest import Digest
from gitless.registry.open import Stores

NAME = "acme/apps/web"
EVIDENCE = "dev.sigstore.bundle.predicateType"


class Killer(RegistryServer):
    """A registry that ends its client: when request `stop` arrives, or once that request has taken effect.

    Args:
        referrers_api: As for `RegistryServer`.
        state: What it stores at first, as `save` gave it.
    """

    def __init__(self, *, referrers_api, state=None):
        super().__init__(referrers_api=referrers_api)
        self._repositories = copy.deepcopy(state or {})
        self._hunt = threading.Lock()
        self._victim, self._stop, self._late, self._seen = None, 0, False, 0

    def save(self):
        """What is stored now."""
        with self.lock:
            return copy.deepcopy(self._repositories)

    def hunt(self, victim, stop, *, late):
        """Kill the process `victim` at request `stop`; with `late`, carry that request out first."""
        with self._hunt:
            self._victim, self._stop, self._late = victim, stop, late

    def answer(self, request):
        with self._hunt:
            self._seen += 1
            doomed = self._victim is not None and self._seen == self._stop
            if doomed and not self._late:
                self._kill()
        reply = super().answer(request) if self._late or not doomed else Reply(0, cut=True)
        if doomed and self._late:
            self._kill()
        return reply

    def rest(self):
        """Wait until nothing of a client that has ended is being carried out any more."""
        until = time.monotonic() + 10
        while self._http.connections and time.monotonic() < until:
            time.sleep(0.01)
        assert not self._http.connections

    def _kill(self):
        self._victim.send_signal(signal.SIGKILL)
        self._victim.wait()


class Crime:
    """A repository with an old commit published and a new one checked out, and the command that publishes it."""

    def __init__(self, folder, *, api):
        self.shop, self.api = Shop(folder), api
        with Killer(referrers_api=api) as server:
            self.old = self.publish(server)
            self.state = server.save()
            (self.shop.repository / "web" / "cm.yaml").write_bytes(config_map("two"))
            self.shop.commit()
            server.forget()
            self.new = self.publish(server)
            self.total = len(server.requests)

    def words(self, server):
        """The command line."""
        registry = f"{server.host}/acme/apps"
        return ["publish", "--path", "web", "--registry", registry, "--signing-key", str(self.shop.key), "--json"]

    def start(self, server):
        """Start the command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "gitless", *self.words(server)], env=self.shop.env(HOME=str(self.shop.folder)),
            cwd=self.shop.repository, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def publish(self, server):
        """Let the command run to its end; returns the digest."""
        with self.start(server) as process:
            return json.loads(process.communicate()[0])["components"][0]["digest"]

    def kill(self, server, stop, *, late):
        """Kill the command at request `stop`; returns how the process ended."""
        with self.start(server) as process:
            server.hunt(process, stop, late=late)
            process.communicate()
        server.hunt(None, 0, late=False)
        server.rest()
        return process.returncode

    def verified(self, server, capsys):
        """What the channel names, once our verifier has accepted it under Flux's rules and ours."""
        reference = f"{server.host}/{NAME}:latest"
        digests = set()
        for policy in ("flux", "strict"):
            code = run(["verify", reference, "--key", str(self.shop.public), "--policy", policy, "--json"])
            document = json.loads(capsys.readouterr().out)
            assert (code, document["ok"]) == (0, True), document
            digests.add(document["digest"])
        assert digests == {server.tags(NAME)["latest"]}
        return digests.pop()


def evidence(server, digest):
    """How often the registry lists each kind of evidence."""
    store = Stores(env={}).open(server.location(NAME))
    return Counter(item.annotations.get(EVIDENCE) for item in store.list_referrers(Digest.parse(digest)))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("late", [False, True], ids=["on-arrival", "once-it-took-effect"])
@pytest.mark.parametrize("api", [True, False], ids=["referrers-api", "fallback-tag"])
def test_killed_at_every_request_the_channel_is_old_or_verified_and_the_rerun_completes(
    tmp_path, monkeypatch, capsys, api, late
):
    crime = Crime(tmp_path, api=api)
    assert crime.total > 10
    monkeypatch.chdir(crime.shop.repository)
    monkeypatch.setenv("HOME", str(tmp_path))
    named = set()
    # what took effect and was not answered is nearly the arrival of the next one: every third will do
    for stop in sorted({*range(1, crime.total + 1, 3 if late else 1), crime.total}):
        with Killer(referrers_api=api, state=crime.state) as server:
            ended = crime.kill(server, stop, late=late)
            assert ended == -signal.SIGKILL, (stop, crime.total, ended)
            found = crime.verified(server, capsys)
            assert found in (crime.old, crime.new), stop
            named.add(found)
            code = run(crime.words(server))
            component = json.loads(capsys.readouterr().out)["components"][0]
            assert (code, component["digest"]) == (0, crime.new), (stop, component)
            assert crime.verified(server, capsys) == crime.new, stop
            kinds = evidence(server, crime.new)
            assert (len(kinds), set(kinds.values())) == (3, {1}), (stop, kinds)
    # both states were met: some ends came before the channel moved, some after
    assert named == {crime.old, crime.new}
