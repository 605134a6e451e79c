"""Credentials where the format says so: kubeconfig files and docker's config.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitless.checks.literals import is_reference
from gitless.kube.pointers import ANY, Steps, select

_USER: Steps = ("users", ANY, "user")
_KUBE_FIELDS: tuple[Steps, ...] = (
    (*_USER, "token"),
    (*_USER, "password"),
    (*_USER, "client-key-data"),
    (*_USER, "auth-provider", "config", "access-token"),
    (*_USER, "auth-provider", "config", "id-token"),
    (*_USER, "auth-provider", "config", "refresh-token"),
    (*_USER, "auth-provider", "config", "client-secret"),
)
_DOCKER_FIELDS = ("auth", "password", "identitytoken", "registrytoken")


def kubeconfig_credentials(document: Any) -> Iterator[Steps]:
    """Yield the places of tokens, passwords and keys in a kubeconfig."""
    for field in _KUBE_FIELDS:
        yield from _written(document, field)


def registry_credentials(document: Any) -> Iterator[Steps]:
    """Yield the places of logins in docker's config.json; one that only names a credential helper has none."""
    if not isinstance(document, dict) or not isinstance(document.get("auths"), dict):
        return
    for field in _DOCKER_FIELDS:
        yield from _written(document, ("auths", ANY, field))


def _written(document: Any, field: Steps) -> Iterator[Steps]:
    for steps, value in select(document, field):
        if isinstance(value, str) and not is_reference(value):
            yield steps
