"""The cluster and the Sigstore services together: Flux applies what the named job signed, and nobody else's."""

from __future__ import annotations

import re

import pytest
from tests.cluster.flux import Flux
from tests.fakes.sigstore.claims import GITHUB, GITLAB
from tests.fakes.sigstore.stack import Stack
from tools.peers.cluster import Api
from tools.peers.commands import Tools
from tools.peers.upload import put_artifact

CONFIG_MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {rev: '%d'}\n"
IDENTITIES = {
    "github": (GITHUB, "https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main"),
    "gitlab": (GITLAB, "https://gitlab.com/acme/d2-apps//.gitlab-ci.yml@refs/heads/main"),
}


@pytest.mark.parametrize("platform", IDENTITIES)
def test_flux_applies_what_the_named_job_signed_and_refuses_the_job_of_another_branch(
    platform: str, api: Api, registry: str, sigstore: Stack, tools: Tools
) -> None:
    flux = Flux(api, f"keyless-{platform}-{registry.rpartition(':')[2]}", registry)
    flux.create_keyless(sigstore.trusted_root.read_bytes(), *(f"^{re.escape(each)}$" for each in IDENTITIES[platform]))
    reference = put_artifact(registry, flux.repository, "latest", {"config.yaml": CONFIG_MAP % 1})
    tools.sign_keyless(sigstore.signing_config, sigstore.trusted_root, _job(sigstore, platform, "main"), reference)
    flux.look()
    assert flux.wait_applied(reference.split("@")[1]) == {"rev": "1"}
    other = put_artifact(registry, flux.repository, "latest", {"config.yaml": CONFIG_MAP % 2})
    tools.sign_keyless(sigstore.signing_config, sigstore.trusted_root, _job(sigstore, platform, "develop"), other)
    flux.look()
    assert "develop" in flux.wait_refused()
    assert flux.config_map() == {"rev": "1"}


def _job(stack: Stack, platform: str, branch: str) -> dict[str, str]:
    if platform == "github":
        return stack.issuers.github_job(ref=f"refs/heads/{branch}")
    return stack.issuers.gitlab_job(ref=branch)
