"""Tells a secret written out from a reference to one, by key name and value; returns no values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitless.kube.pointers import Steps, walk

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "pass"})
_LAST = _PASSWORDS | {"token", "secret", "apikey", "privatekey", "secretkey", "accesskey"}
_PAIRS = frozenset(
    (first, "key") for first in ("api", "private", "secret", "access", "encryption", "signing", "master", "account")
)
_NAMING = frozenset({"existing", "pull", "tls", "ref", "name"})  # existingSecret, imagePullSecret: these name one
_REFERENCE = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*|\{\{.*\}\}|<<.*>>|<[^<>]*>|ENC\[.*\]|/.*|\*+|"
    r"(?:vault|ref\+[a-z]+|op|file|secretref|env|aws-sm|gcp-sm|azurekv):.*",
    re.DOTALL,
)
# What charts and examples publish as a password protects nothing: pointing it out helps, refusing it does not.
_PUBLISHED_DEFAULTS = frozenset({
    "admin", "changeit", "changeme", "change-me", "default", "demo", "example", "flux", "grafana", "guest", "minio",
    "minioadmin", "mysql", "password", "postgres", "prom-operator", "rabbitmq", "redis", "root", "secret", "test",
})  # fmt: skip
_OBJECT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_HARMLESS = frozenset({"", "true", "false", "null", "none", "yes", "no", "enabled", "disabled", "auto"})
_URL_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@'\"]{0,256}:([^\s/@'\"]{1,512})@")
_MAX_FOUND = 50


def names_secret(key: str) -> bool:
    """Whether a key's name says that its value is a secret; `existingSecret`, `tokenPath` or `secretName` do not."""
    words = tuple(word.lower() for word in _WORDS.findall(key[:256]))
    if not words or (len(words) > 1 and words[-1] == "secret" and not _NAMING.isdisjoint(words[:-1])):
        return False
    return words[-1] in _LAST or words[-2:] in _PAIRS


def is_written_out(key: str, value: Any) -> bool:
    """Whether a value under a key that names a secret is the secret itself.

    Empty values, booleans, references (`${VAR}`, `{{ … }}`, `vault:…`), SOPS ciphertext and paths are not. Where the
    key may as well name an object (`secret: web-tls`), a value of that shape is taken for a name. Passwords that
    every chart publishes are `defaults_in`'s matter.
    """
    words = [word.lower() for word in _WORDS.findall(key[:256])]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(words) and words[-1] in _PASSWORDS
    if not isinstance(value, str):
        return False
    if is_reference(value) or value in _PUBLISHED_DEFAULTS:
        return False
    return not (words[-1:] in (["secret"], ["key"]) and _OBJECT_NAME.fullmatch(value))


def is_reference(text: str) -> bool:
    """Whether a text only points at a value, is empty, or is ciphertext of SOPS."""
    text = text.strip()
    return text.lower() in _HARMLESS or bool(_REFERENCE.fullmatch(text))


def secrets_in(value: Any, prefix: Steps = ()) -> Iterator[Steps]:
    """Yield the places below `value` where a secret is written out under a key that names it; at most 50."""
    found = 0
    for steps, child in walk(value, prefix):
        if len(steps) > len(prefix) and names_secret(steps[-1]) and is_written_out(steps[-1], child):
            yield steps
            found += 1
            if found == _MAX_FOUND:
                return


def defaults_in(value: Any, prefix: Steps = ()) -> Iterator[Steps]:
    """Yield the places below `value` where a password is one that charts and examples publish."""
    for steps, child in walk(value, prefix):
        if isinstance(child, str) and child in _PUBLISHED_DEFAULTS and steps and names_secret(steps[-1]):
            yield steps


def environment_in(value: Any) -> Iterator[Steps]:
    """Yield the places of `{name, value}` pairs in env lists whose name names a secret that is written out."""
    for steps, child in walk(value):
        if len(steps) < 2 or not isinstance(child, dict) or "env" not in steps[-2].lower():
            continue
        name, text = child.get("name"), child.get("value")
        if isinstance(name, str) and names_secret(name) and is_written_out(name, text):
            yield (*steps, "value")


def url_passwords_in(value: Any) -> Iterator[Steps]:
    """Yield the places of texts that hold a URL with a password; `description` fields are documentation."""
    for steps, child in walk(value):
        if isinstance(child, str) and steps[-1:] != ("description",) and has_url_password(child):
            yield steps


def has_url_password(text: str) -> bool:
    """Whether the text holds a URL with user and password, the password written out."""
    if "@" not in text or "://" not in text:
        return False
    return any(not is_reference(match[1]) for match in _URL_PASSWORD.finditer(text))
