"""Tells a secret written out from a reference to one, by key name and value; returns no values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from gitless.kube.pointers import Steps

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "pass"})
_LAST = _PASSWORDS | {"token", "secret", "apikey", "privatekey", "secretkey", "accesskey"}
_PAIRS = frozenset(
    (first, "key") for first in ("api", "private", "secret", "access", "encryption", "signing", "master", "account")
)
_NAMING = frozenset({"existing", "pull", "tls", "ref", "name"})  # existingSecret, imagePullSecret: these name one
_REFERENCE = re.compile(
    r"\$\{\w+(:?[-=])?\}|\$\([^)]*\)|\$[A-Za-z_]\w*|\{\{.*\}\}|<<.*>>|<[^<>]*>|ENC\[.*\]|/.*|\*+|"
    r"(?:vault|ref\+[a-z]+|op|file|secretref|env|aws-sm|gcp-sm|azurekv):.*",
    re.DOTALL,
)
# What charts and examples publish as a password protects nothing: pointing it out helps, refusing it does not.
_PUBLISHED_DEFAULTS = frozenset({
    "admin", "changeit", "changeme", "change-me", "default", "demo", "example", "grafana", "guest", "minio",
    "minioadmin", "mysql", "password", "postgres", "prom-operator", "rabbitmq", "redis", "root", "secret", "test",
})  # fmt: skip
_OBJECT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_PLACEHOLDER = re.compile(r"\{\{.*\}\}|<[^<>]*>|\$\([^)]*\)", re.DOTALL)
_VARIABLE = re.compile(r"\$\{[A-Za-z_]\w*\}")  # with a default behind := it would be written out again
_HARMLESS = frozenset({"", "true", "false", "null", "none", "yes", "no", "enabled", "disabled", "auto"})
_URL_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@'\"]{0,256}:([^\s/@'\"]{1,512})@")
_MAX_FOUND = 50


def may_hold_secrets(content: bytes) -> bool:
    """Whether a file's bytes are worth a search for keys that name secrets; escapes in YAML count as a yes."""
    lowered = content.lower()
    return any(word in lowered for word in (b"pass", b"pwd", b"token", b"secret", b"key", b"\\x", b"\\u"))


@lru_cache(maxsize=8192)
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


def is_placeholder(value: Any) -> bool:
    """Whether a value is a gap that a template leaves: all that passes besides in a Secret inside a text."""
    return isinstance(value, str) and bool(_PLACEHOLDER.fullmatch(value.strip()))


def is_variable(text: str) -> bool:
    """Whether a text is empty or one variable of Flux's postBuild: all that passes where every value is a secret."""
    return not text.strip() or bool(_VARIABLE.fullmatch(text.strip()))


def secrets_in(value: Any, prefix: Steps = ()) -> Iterator[Steps]:
    """Yield the places below `value` where a secret is written out under a key that names it; at most 50."""
    return _places(value, prefix, lambda key, child, _path: names_secret(key) and is_written_out(key, child))


def defaults_in(value: Any, prefix: Steps = ()) -> Iterator[Steps]:
    """Yield the places below `value` where a password is one that charts and examples publish; at most 50."""
    return _places(value, prefix, lambda key, child, _path: _is_default(child) and names_secret(key))


def environment_in(value: Any) -> Iterator[Steps]:
    """Yield the places of `{name, value}` pairs in env lists whose name names a secret that is written out."""
    return ((*steps, "value") for steps in _places(value, (), _is_variable))


def url_passwords_in(value: Any) -> Iterator[Steps]:
    """Yield the places of texts that hold a URL with a password; `description` fields are documentation."""
    return _places(value, (), _is_url)


def has_url_password(text: str) -> bool:
    """Whether the text holds a URL with user and password, the password written out."""
    if "@" not in text or "://" not in text:
        return False
    return any(not is_reference(match[1]) for match in _URL_PASSWORD.finditer(text))


def _is_default(value: Any) -> bool:
    return isinstance(value, str) and value in _PUBLISHED_DEFAULTS


def _is_variable(_key: str, child: Any, path: list[str]) -> bool:
    if not isinstance(child, dict) or not path or "env" not in path[-1].lower():
        return False
    name = child.get("name")
    return isinstance(name, str) and names_secret(name) and is_written_out(name, child.get("value"))


def _is_url(key: str, child: Any, _path: list[str]) -> bool:
    return isinstance(child, str) and key != "description" and has_url_password(child)


def _places(value: Any, prefix: Steps, test: Callable[[str, Any, list[str]], bool]) -> Iterator[Steps]:
    found: list[Steps] = []
    _search(value, test, list(prefix), found)
    yield from found


def _search(value: Any, test: Callable[[str, Any, list[str]], bool], path: list[str], found: list[Steps]) -> None:
    """Depth first, and nothing built for places that do not match: this runs over every value of every file.

    The loader bounds the depth.
    """
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in items:
        key = step if isinstance(step, str) else str(step)
        if test(key, child, path):
            found.append((*path, key))
        if len(found) >= _MAX_FOUND:
            return
        if isinstance(child, dict | list):
            path.append(key)
            _search(child, test, path, found)
            path.pop()
