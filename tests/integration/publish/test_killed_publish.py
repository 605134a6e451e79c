"""A publish whose process is killed when request k arrives, for every k: what it leaves behind, and what a rerun makes of it."""

import copy
import json
import signal
import subprocess
import sys
import threading
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
    """

    def __init__(self, *, referrers_api):
        super().__init__(referrers_api=referrers_api)
        self._hunt = threading.Lock()
        self._victim, self._stop, self._late, self._seen = None, 0, False, 0

    def arm(self, victim, stop, *, late):
        """Kill the process `victim` at request `stop`; with `late`, carry that request out first."""
        with self._hunt:
            self._victim, self._stop, self._late, self._seen = victim, stop, late, 0

    def answer(self, request):
        with self._hunt:
            self._seen += 1
            doomed = self._victim is not None and self._seen == self._stop
            if doomed and not self._late:
                self._victim.send_signal(signal.SIGKILL)
                self._victim.wait()
        reply = super().answer(request) if self._late or not doomed else Reply(0, cut=True)
        if doomed and self._late:
            self._victim.send_signal(signal.SIGKILL)
            self._victim.wait()
        return reply

    def save(self):
        """What is stored now."""
        with self.lock:
            return copy.deepcopy(self._repositories)

    def restore(self, state):
        """Store what was saved, and nothing else."""
        with self.lock:
            self._repositories = copy.deepcopy(state)


class Crime:
    """A repository with an old commit published and a new one checked out, and the command that publishes it."""

    def __init__(self, folder, server):
        self.server, self.shop = server, Shop(folder)
        registry = f"{server.host}/acme/apps"
        self.words = ["publish", "--path", "web", "--registry", registry, "--signing-key", str(self.shop.key), "--json"]
        self.env = self.shop.env(HOME=str(folder), GITLESS_REGISTRY_HOST="")
        self.old = json.loads(self.shop.run(*self.words, env=self.env).stdout)["components"][0]["digest"]
        (self.shop.repository / "web" / "cm.yaml").write_bytes(config_map("two"))
        self.shop.commit()
        self.state = server.save()

    def start(self):
        """Start the command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "gitless", *self.words],
            cwd=self.shop.repository, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def whole(self):
        """Publish the new commit undisturbed; returns its digest and how many requests that takes."""
        self.server.forget()
        with self.start() as process:
            record = json.loads(process.communicate()[0])
        self.server.restore(self.state)
        return record["components"][0]["digest"], len(self.server.requests)

    def killed_at(self, stop, *, late):
        """Publish the new commit from the old state, killed at request `stop`; returns the process's end."""
        self.server.restore(self.state)
        process = self.start()
        with process:
            self.server.arm(process, stop, late=late)
            process.communicate()
        self.server.arm(None, 0, late=False)
        return process.returncode

    def verified(self, capsys):
        """What the channel names, once our verifier has accepted it under Flux's rules and ours."""
        reference = f"{self.server.host}/{NAME}:latest"
        digests = set()
        for policy in ("flux", "strict"):
            code = run(["verify", reference, "--key", str(self.shop.public), "--policy", policy, "--json"])
            document = json.loads(capsys.readouterr().out)
            assert (code, document["ok"]) == (0, True), document
            digests.add(document["digest"])
        assert digests == {self.server.tags(NAME)["latest"]}
        return digests.pop()

    def evidence(self, digest):
        """How often the registry lists each kind of evidence."""
        store = Stores(env={}).open(self.server.location(NAME))
        return Counter(item.annotations.get(EVIDENCE) for item in store.list_referrers(Digest.parse(digest)))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("late", [False, True], ids=["on-arrival", "once-it-took-effect"])
@pytest.mark.parametrize("api", [True, False], ids=["referrers-api", "fallback-tag"])
def test_killed_at_every_request_the_channel_is_old_or_verified_and_the_rerun_completes(
    tmp_path, monkeypatch, capsys, api, late
):
    with Killer(referrers_api=api) as server:
        crime = Crime(tmp_path, server)
        monkeypatch.chdir(crime.shop.repository)
        monkeypatch.setenv("HOME", str(tmp_path))
        new, total = crime.whole()
        assert total > 10
        named = set()
        # what took effect and was not answered is nearly the arrival of the next one: every third will do
        for stop in sorted({*range(1, total + 1, 3 if late else 1), total}):
            ended = crime.killed_at(stop, late=late)
            assert ended == -signal.SIGKILL, (stop, total, ended)
            found = crime.verified(capsys)
            assert found in (crime.old, new), stop
            named.add(found)
            code = run(crime.words)
            component = json.loads(capsys.readouterr().out)["components"][0]
            assert (code, component["digest"]) == (0, new), (stop, component)
            assert crime.verified(capsys) == new, stop
            kinds = crime.evidence(new)
            assert (len(kinds), set(kinds.values())) == (3, {1}), (stop, kinds)
        # both states were met: some ends came before the channel moved, some after
        assert named == {crime.old, new}
