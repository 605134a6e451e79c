"""Which issuer makes a platform's job tokens, and which issuers the public Sigstore instance trusts."""

from __future__ import annotations

from gitless.model.web import origin

GITHUB_SERVER = "https://github.com"
GITLAB_SERVER = "https://gitlab.com"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
# Fulcio's public instance knows a few more GitLab servers (config/identity/config.yaml), and its certificates name
# gitlab.com as the source of their projects: nobody should take them for what they say
_PUBLIC = frozenset({GITHUB_ISSUER, GITLAB_SERVER})


def github_issuer(server: str) -> str:
    """The issuer of a GitHub server: github.com, a tenant of ghe.com, or an Enterprise Server."""
    _, host, _ = origin(server)
    if server == GITHUB_SERVER:
        return GITHUB_ISSUER
    if host.endswith(".ghe.com"):
        return f"https://token.actions.{host}"
    return f"{server}/_services/token"


def is_public_fulcio_issuer(issuer: str) -> bool:
    """Whether Fulcio's public instance certifies this issuer's jobs; an enterprise's own on GitHub has one label."""
    enterprise = issuer.removeprefix(f"{GITHUB_ISSUER}/")
    return issuer in _PUBLIC or (enterprise != issuer and bool(enterprise) and "/" not in enterprise)
