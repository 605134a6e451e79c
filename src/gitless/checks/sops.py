"""Knows what SOPS has encrypted: the marks it leaves, and whether everything that must be is ciphertext."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitless.checks.literals import is_variable
from gitless.kube.pointers import walk
from gitless.kube.yaml import YamlError, load_single

_CIPHER = re.compile(r"ENC\[AES256_GCM,data:[^\]]*\]")
_MAX_PAYLOAD = 1024 * 1024
_METADATA = "sops"


def is_ciphertext(value: Any) -> bool:
    """Whether one value is what SOPS writes in place of a value."""
    return isinstance(value, str) and bool(_CIPHER.fullmatch(value.strip()))


def is_marked(document: Any) -> bool:
    """Whether a document carries SOPS metadata with an encrypted MAC; says nothing about its values."""
    metadata = document.get(_METADATA) if isinstance(document, dict) else None
    return isinstance(metadata, dict) and is_ciphertext(metadata.get("mac"))


def plain_entries(secret: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (field, key) of each entry of a Secret that leaves the machine readable.

    An entry is fine when it is empty, a reference, ciphertext of a Secret that SOPS has marked, or itself a file
    that SOPS has encrypted. Where data is no mapping at all, the field with an empty key is yielded.
    """
    marked = is_marked(secret)
    for field in ("data", "stringData"):
        entries = secret.get(field)
        if not isinstance(entries, dict):
            if entries:
                yield field, ""
            continue
        for key, value in entries.items():
            # $patch is a word of patches; no key of a Secret can be spelled so
            if key != "$patch" and not _is_safe(value, marked=marked, encoded=field == "data"):
                yield field, key


def is_encrypted_file(text: str) -> bool:
    """Whether the text is a file SOPS has encrypted as a whole: YAML, JSON, binary (as JSON) or dotenv."""
    if "ENC[AES256_GCM," not in text or _METADATA not in text or len(text) > _MAX_PAYLOAD:
        return False
    return _is_encrypted_dotenv(text) or _is_encrypted_document(text)


def _is_safe(value: Any, *, marked: bool, encoded: bool) -> bool:
    if not isinstance(value, str):
        return value is None
    if is_variable(value):
        return True
    if is_ciphertext(value):
        return marked
    return is_encrypted_file(decode_text(value) if encoded else value)


def decode_text(text: str) -> str:
    """Give the text behind base64; empty where there is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _is_encrypted_document(text: str) -> bool:
    try:
        document = load_single(text.encode(), what="a payload")
    except YamlError:
        return False
    if not is_marked(document):
        return False
    leaves = [value for steps, value in walk(document) if steps[:1] != (_METADATA,) and isinstance(value, str)]
    return bool(leaves) and all(is_ciphertext(value) or not value for value in leaves)


def _is_encrypted_dotenv(text: str) -> bool:
    pairs = dict(dotenv_pairs(text))
    own = {key: value for key, value in pairs.items() if not key.startswith("sops_")}
    return is_ciphertext(pairs.get("sops_mac")) and all(not value or is_ciphertext(value) for value in own.values())


def dotenv_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield key and value of `KEY=VALUE` lines as kustomize reads them; comments and other lines are left out."""
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and key and not key.startswith("#") and not any(character.isspace() for character in key):
            yield key, value
