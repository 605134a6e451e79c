"""Publish from the default branch, promote from a tag: real Fulcio, Rekor and timestamp authority, cosign and crane."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import ISSUERS, PUBLISHERS, Releases
from tools.peers.commands import Tools


@pytest.fixture(params=["github", "gitlab"])
def apps(request: pytest.FixtureRequest, tmp_path: Path, sigstore: Stack) -> Releases:
    return Releases(tmp_path / "apps", sigstore, request.param)


def _place(registry: str, apps: Releases) -> str:
    return f"{registry}/{apps.platform}-{apps.repository.path.parent.name}"


def test_one_digest_is_published_from_main_and_promoted_from_a_tag(
    apps: Releases, registry: str, tools: Tools, sigstore: Stack
) -> None:
    place = _place(registry, apps)
    published = apps.publish(place)
    promoted = apps.promote(place, "v1.2.3")
    tags = {tools.run("crane", "digest", f"{place}/web:{tag}").stdout for tag in ("latest", "v1.2.3", "stable")}
    assert tags == {f"{published['digest']}\n".encode()}
    reference = f"{place}/web@{published['digest']}"
    issuer = ISSUERS[apps.platform]
    for subject in (PUBLISHERS[apps.platform], apps.promoter("v1.2.3")):
        tools.verify_identity(sigstore.trusted_root, subject, issuer, reference)
    assert promoted["tags"] == ["v1.2.3", "stable"]
