"""The names a packaged tree may hold: what Flux unpacks, on any machine, without a surprise."""

from __future__ import annotations

from gitless.model.tree import MAX_PATH_BYTES

_MAX_SHOWN = 200


def path_fault(path: str) -> str:
    """Say why a relative path must not be packed or unpacked; empty when it may.

    Flux's untar refuses empty and absolute names, backslashes and `../` anywhere, also inside a name such
    as `foo../x`. Control characters and non-UTF-8 names are refused on top: they
    would travel into reports and shells.

    Args:
        path: A relative path with `/` and without a slash at its end.
    """
    try:
        length = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    if length > MAX_PATH_BYTES:
        return f"the path has {length} bytes, more than {MAX_PATH_BYTES}"
    if "\\" in path:
        return "the name holds a backslash, which Flux refuses"
    if any(ord(character) < 32 or ord(character) == 127 for character in path):
        return "the name holds a control character"
    parts = path.split("/")
    if "" in parts:
        return "the path is empty, absolute or has an empty part"
    if "." in parts or ".." in parts or "../" in path:
        return "the path holds '.', '..' or '../', which Flux refuses"
    return ""


def shown(path: str) -> str:
    """Spell a foreign path for an error text: quoted, escaped and cut."""
    text = ascii(path)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
