"""Today's way to the same result: one process for each step, as documented for cosign, syft and crane.

Without Flux's own two steps (compare, push), which cannot be built here: what is signed is pushed beforehand, outside
the measured time. That only makes this side faster.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measure import Run, run
from tools.peers.commands import Tools
from tools.peers.recipes import program

_PROVENANCE = {
    "buildDefinition": {
        "buildType": "https://gitless.test/build",
        "externalParameters": {},
        "internalParameters": {},
        "resolvedDependencies": [{"uri": "git+https://git.example/acme/apps", "digest": {"gitCommit": "0" * 40}}],
    },
    "runDetails": {"builder": {"id": "https://gitless.test/builder"}, "metadata": {}},
}


class Chain:
    """The steps for one reference after another.

    Args:
        tools: cosign, crane and syft in a home of their own.
        key: cosign's private key; the public one is beside it.
    """

    def __init__(self, tools: Tools, key: Path) -> None:
        self._tools = tools
        self._key = key
        self._offline = tools.offline()
        self._environment = {**tools.environment, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
        (tools.home / "provenance.json").write_text(json.dumps(_PROVENANCE))

    def publish(self, reference: str, folder: Path, tag: str) -> float:
        """Sign, describe, attest, tag; returns the seconds of all five processes."""
        attest = ("attest", "--key", self._key, *self._offline)
        steps = (
            ("cosign", "sign", "--key", self._key, *self._offline, reference),
            ("syft", "scan", f"dir:{folder}", "-q", "-o", "cyclonedx-json=sbom.json"),
            ("cosign", *attest, "--type", "cyclonedx", "--predicate", "sbom.json", reference),
            ("cosign", *attest, "--type", "slsaprovenance1", "--predicate", "provenance.json", reference),
            ("crane", "tag", reference, tag),
        )
        return sum(self._step(*step).seconds for step in steps)

    def verify(self, reference: str) -> float:
        """Verify the signature and both attestations; returns the seconds of all three processes."""
        common = ("--key", self._key.with_suffix(".pub"), "--insecure-ignore-tlog=true")
        steps = (
            ("cosign", "verify", *common, reference),
            ("cosign", "verify-attestation", *common, "--type", "cyclonedx", reference),
            ("cosign", "verify-attestation", *common, "--type", "slsaprovenance1", reference),
        )
        return sum(self._step(*step).seconds for step in steps)

    def _step(self, name: str, *arguments: str | Path) -> Run:
        path = program(name)
        if path is None:
            raise SystemExit(f"benchmark: {name} is not built: run `make peers peers-bench`")
        return run((path, *arguments), self._tools.home, self._environment)
