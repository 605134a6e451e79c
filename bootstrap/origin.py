"""Where packages come from: an index, or a folder or zip file of wheels; each file is believed by its hash alone."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bootstrap.commands import BootstrapError

DEFAULT_INDEX = "https://pypi.org/simple"
ATTEMPTS = 4
TIMEOUT_SECONDS = 30.0
MAX_INDEX_BYTES = 64 * 1024 * 1024
MAX_WHEEL_BYTES = 128 * 1024 * 1024
_LINK = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class Origin(Protocol):
    """Where wheels come from."""

    def names(self, project: str) -> Mapping[str, str]:
        """File names of a project's wheels, each with what `read` takes."""
        ...

    def read(self, place: str) -> bytes:
        """One file's bytes, not yet believed."""
        ...


class Wheelhouse:
    """A folder with wheels; nothing else is asked.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, text: str, unpacked: Path) -> Wheelhouse:
        """The folder, or what a zip file holds, laid out in `unpacked`.

        Raises:
            BootstrapError: It is neither.
        """
        path = Path(text).absolute()
        if path.is_dir():
            return cls(path)
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    name = entry.filename.rpartition("/")[2]
                    if name.endswith(".whl") and entry.file_size <= MAX_WHEEL_BYTES and "\\" not in name:
                        (unpacked / name).write_bytes(archive.read(entry))
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise BootstrapError(
                f"The wheelhouse {text!r} is neither a folder nor a zip file of wheels.",
                why=str(error),
                hint="Let `wheelhouse` name the unpacked release asset, or the zip file itself.",
            ) from error
        return cls(unpacked)

    def names(self, project: str) -> Mapping[str, str]:
        """See `Origin`."""
        return {path.name: str(path) for path in self.folder.glob(f"{project}-*.whl")}

    def read(self, place: str) -> bytes:
        """See `Origin`."""
        with Path(place).open("rb") as stream:
            return _bounded(stream.read(MAX_WHEEL_BYTES + 1), MAX_WHEEL_BYTES, place)


@dataclass(frozen=True)
class Index:
    """A package index as PEP 503 and PEP 691 describe it.

    Attributes:
        url: Its address, without a credential.
        authorization: The value of the header for the index's own host; empty for none.
    """

    url: str
    authorization: str = ""

    @classmethod
    def parse(cls, text: str) -> Index:
        """Read an address, which may hold a user name and a password.

        Raises:
            BootstrapError: It is no web address.
        """
        url = urllib.parse.urlsplit(text)
        if url.scheme not in ("https", "http") or not url.hostname or not text.isprintable() or " " in text:
            raise BootstrapError(
                "The index-url is not a web address.", hint=f"Write it as {DEFAULT_INDEX}: a simple index, PEP 503."
            )
        host = url.netloc.rpartition("@")[2]
        user, password = urllib.parse.unquote(url.username or ""), urllib.parse.unquote(url.password or "")
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        plain = urllib.parse.urlunsplit((url.scheme, host, url.path.rstrip("/"), url.query, ""))
        return cls(plain, f"Basic {pair}" if user or password else "")

    def names(self, project: str) -> Mapping[str, str]:
        """See `Origin`.

        Raises:
            BootstrapError: The index cannot be read.
        """
        address = f"{self.url}/{project}/"
        body, kind, at = self._get(address, _ACCEPT, MAX_INDEX_BYTES)
        text = body.decode("utf-8", "replace")
        links = _json_links(text) if "json" in kind else [html.unescape(link) for link in _LINK.findall(text)]
        found = [urllib.parse.urljoin(at, link) for link in links]
        return {urllib.parse.unquote(urllib.parse.urlsplit(link).path.rpartition("/")[2]): link for link in found}

    def read(self, place: str) -> bytes:
        """See `Origin`.

        Raises:
            BootstrapError: The file cannot be read.
        """
        return self._get(place, "application/octet-stream, */*", MAX_WHEEL_BYTES)[0]

    def _get(self, address: str, accept: str, limit: int) -> tuple[bytes, str, str]:
        request = urllib.request.Request(address, headers={"Accept": accept, "Accept-Encoding": "gzip, identity;q=0.5"})
        if self.authorization and _origin(address) == _origin(self.url):
            # unredirected: a redirect to another host never gets it
            request.add_unredirected_header("Authorization", self.authorization)
        for attempt in range(ATTEMPTS):
            try:
                return _open(request, limit)
            except urllib.error.HTTPError as error:
                if error.code not in (408, 429, 500, 502, 503, 504) or attempt == ATTEMPTS - 1:
                    raise _unreachable(address, f"HTTP {error.code}") from error
            except (OSError, EOFError) as error:
                if attempt == ATTEMPTS - 1 or isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
                    raise _unreachable(address, str(getattr(error, "reason", error))) from error
            time.sleep(0.3 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


class _SameScheme(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from TLS to plain text."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(request: urllib.request.Request, limit: int) -> tuple[bytes, str, str]:
    with urllib.request.build_opener(_SameScheme).open(request, timeout=TIMEOUT_SECONDS) as answer:
        body = _bounded(answer.read(limit + 1), limit, request.full_url)
        if answer.headers.get("Content-Encoding") == "gzip":
            body = _bounded(_gunzip(body, limit), limit, request.full_url)
        return body, answer.headers.get_content_type(), answer.url


def _gunzip(body: bytes, limit: int) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
        return stream.read(limit + 1)


def _json_links(text: str) -> list[str]:
    try:
        return [str(entry["url"]) for entry in json.loads(text)["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise BootstrapError("The package index answered with something else than a list of files.") from error


def _origin(address: str) -> tuple[str, str]:
    url = urllib.parse.urlsplit(address)
    return url.scheme, url.netloc.lower()


def _bounded(content: bytes, limit: int, name: str) -> bytes:
    if len(content) > limit:
        raise BootstrapError(f"{name} is longer than {limit} bytes.", exit_code=3)
    return content


def _unreachable(address: str, why: str) -> BootstrapError:
    url = urllib.parse.urlsplit(address)
    return BootstrapError(
        f"The package index cannot be read: {url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}",
        why=why,
        hint="Run the job again. Where PyPI cannot be reached, give `index-url` with a mirror, or `wheelhouse` with a "
        "folder of wheels.",
        exit_code=3,
    )


def has_hash(content: bytes, hashes: frozenset[str]) -> bool:
    """Whether the bytes are one of the locked files."""
    return hashlib.sha256(content).hexdigest() in hashes
