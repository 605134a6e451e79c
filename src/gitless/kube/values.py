"""Images as Helm values spell them: `image: {registry, repository, tag, digest}`, a custom of charts, not an API."""

from __future__ import annotations

from typing import Any

_MAX_TAG_NUMBER = 10**6  # Helm prints larger whole numbers in another form
_MAX_KEY = 64


def is_values_image(key: object, value: object) -> bool:
    """Whether a pair of Helm values looks like an image made of parts."""
    return (
        isinstance(key, str)
        and len(key) <= _MAX_KEY
        and key.lower().endswith("image")
        and isinstance(value, dict)
        and "repository" in value
    )


def image_of_values(value: dict[Any, Any]) -> str | None:
    """Join the parts into one reference.

    Returns:
        None where a part is no text: an unquoted `1.10` is a number, and how the chart prints it is the chart's matter.
    """
    parts = {key: _text(value.get(key)) for key in ("registry", "repository", "tag", "digest")}
    if any(part is None for part in parts.values()) or not parts["repository"]:
        return None
    name = "/".join(filter(None, (parts["registry"], parts["repository"])))
    digest = parts["digest"] or ""
    if digest and ":" not in digest:
        digest = f"sha256:{digest}"
    return name + (f":{parts['tag']}" if parts["tag"] else "") + (f"@{digest}" if digest else "")


def _text(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_TAG_NUMBER:
        return str(value)
    return value if isinstance(value, str) else None
