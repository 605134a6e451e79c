"""How Fulcio writes an address into a certificate: parsed and printed again by Go's net/url."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from gitless.errors import CheckError

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = "$&+,/:;=@"  # beside letters, digits and -_.~
_VALID_PATH = re.compile(r"[A-Za-z0-9\-_.~$&+,/:;=@!'()*\[\]%]*")
_VALID_FRAGMENT = re.compile(r"[A-Za-z0-9\-_.~$&+,/:;=@!'()*\[\]%?]*")


def certificate_uri(text: str) -> str:
    """The address as it stands in the certificate: as it is, or percent-encoded where Go's net/url does that.

    Args:
        text: `https://HOST/PATH@REF`; a `#` in a branch's name begins what a URL calls a fragment.

    Raises:
        CheckError: A `%` that begins no escape: Fulcio cannot read the address.
    """
    if _BAD_ESCAPE.search(text):
        raise CheckError(
            "Fulcio makes no certificate for this job.",
            why="The workflow's or pipeline's address holds a '%', and a certificate takes it for an escape.",
            hint="Publish from a branch or tag without '%' in its name.",
        )
    scheme, slashes, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    path, mark, fragment = path.partition("#")
    written = slash + (path if _VALID_PATH.fullmatch(path) else _escape(path, _UNRESERVED))
    if mark and fragment:
        written += "#" + (fragment if _VALID_FRAGMENT.fullmatch(fragment) else _escape(fragment, _UNRESERVED + "?!()*"))
    return f"{scheme}{slashes}{host}{written}"


def _escape(text: str, safe: str) -> str:
    return quote(unquote_to_bytes(text), safe=safe)
