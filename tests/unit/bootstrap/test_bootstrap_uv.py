"""How uv is found, believed by its hash alone, and run; it is a small script here."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bootstrap import installer
from bootstrap.commands import BootstrapError
from bootstrap.core import find_origin
from bootstrap.installer import choose_wheel, fetch_uv, install, pinned
from bootstrap.origin import Index, Wheelhouse

NAME = "uv-1.2.3-py3-none-{}.whl"
SCRIPT = '#!/bin/sh\nprintf "%s\\n" "$@" > arguments\nenv > environment\nprintf said >&2\nexit ${UV_FAIL:-0}\n'
PLATFORMS = ["manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_17_aarch64.manylinux2014_aarch64"]
MORE = ["musllinux_1_1_x86_64", "macosx_11_0_arm64", "macosx_10_12_x86_64", "win_amd64", "win_arm64", "win32"]


def make_wheel(script: str = SCRIPT) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-1.2.3.data/scripts/uv", script)
    return buffer.getvalue()


def make_pin(*contents: bytes) -> str:
    return "uv==1.2.3 \\\n" + " \\\n".join(f"    --hash=sha256:{hashlib.sha256(each).hexdigest()}" for each in contents)


def here() -> str:
    """The platform tag of this machine."""
    name = choose_wheel({NAME.format(tag): "" for tag in [*PLATFORMS, *MORE, "musllinux_1_1_aarch64"]}, "1.2.3")
    assert name is not None
    return name


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / here()).write_bytes(make_wheel())
    return folder


def test_uv_comes_out_of_its_wheel_and_can_be_run(house: Path, tmp_path: Path) -> None:
    (tmp_path / "uv").mkdir()
    fetch_uv(Wheelhouse(house), make_pin(make_wheel()), tmp_path / "uv")
    assert (tmp_path / "uv" / "uv").read_text() == SCRIPT
    assert os.access(tmp_path / "uv" / "uv", os.X_OK)


def test_another_file_under_its_name_is_refused(house: Path, tmp_path: Path) -> None:
    (house / here()).write_bytes(make_wheel("#!/bin/sh\ntouch pwned\n"))
    with pytest.raises(BootstrapError, match="is not the file that was locked"):
        fetch_uv(Wheelhouse(house), make_pin(make_wheel()), tmp_path)
    assert not (tmp_path / "uv").exists()


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        ("linux", "x86_64", "glibc", PLATFORMS[0]),
        ("linux", "aarch64", "glibc", PLATFORMS[1]),
        ("linux", "x86_64", "other", "musllinux_1_1_x86_64"),
        ("darwin", "arm64", "other", "macosx_11_0_arm64"),
        ("darwin", "x86_64", "other", "macosx_10_12_x86_64"),
        ("win32", "AMD64", "other", "win_amd64"),
        ("win32", "ARM64", "other", "win_arm64"),
        ("linux", "sparc64", "glibc", None),
    ],
)
def test_the_wheel_of_the_machine_is_chosen(
    system: str, machine: str, libc: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installer.sys, "platform", system)
    monkeypatch.setattr(installer.platform, "machine", lambda: machine)
    monkeypatch.setattr(installer, "libc", lambda: libc)
    offered = {NAME.format(tag): "" for tag in [*PLATFORMS, *MORE]}
    offered |= {
        "uv-1.2.3.tar.gz": "",
        "uv-9.9.9-py3-none-manylinux_2_17_x86_64.whl": "",
        "uv_build-1.2.3-py3-none-any.whl": "",
    }
    assert choose_wheel(offered, "1.2.3") == (NAME.format(expected) if expected else None)


def test_a_machine_without_a_wheel_is_named(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match=r"There is no uv 1\.2\.3 for this machine") as caught:
        fetch_uv(Wheelhouse(tmp_path), make_pin(b""), tmp_path)
    assert "wheelhouse" in caught.value.hint


def test_the_pin_must_name_a_version() -> None:
    with pytest.raises(BootstrapError):
        pinned("")
    assert pinned(make_pin(b"a", b"b"))[0] == "1.2.3"
    assert len(pinned(make_pin(b"a", b"b"))[1]) == 2


def test_uv_is_asked_for_hashed_wheels_only_and_without_network_for_a_wheelhouse(house: Path, tmp_path: Path) -> None:
    uv, home = tmp_path / "uv", tmp_path / "home"
    uv.mkdir()
    home.mkdir()
    fetch_uv(Wheelhouse(house), make_pin(make_wheel()), uv)
    install(uv, tmp_path / "set.txt", tmp_path / "site", home, Wheelhouse(house), {"GITHUB_TOKEN": "secret"})
    arguments = (home / "arguments").read_text().split("\n")
    assert {"--require-hashes", "--only-binary", ":all:", "--no-deps", "--no-config", "--offline", "--no-index"} <= {
        *arguments
    }
    assert "secret" not in (home / "environment").read_text()


def test_what_uv_says_is_passed_on(house: Path, tmp_path: Path) -> None:
    script = SCRIPT.replace("printf said", "printf 'hash mismatch\\n::error::x'").replace("${UV_FAIL:-0}", "2")
    (house / here()).write_bytes(make_wheel(script))
    fetch_uv(Wheelhouse(house), make_pin(make_wheel(script)), tmp_path)
    with pytest.raises(BootstrapError, match="dependencies cannot be installed") as caught:
        install(tmp_path, tmp_path / "set.txt", tmp_path / "site", tmp_path, Wheelhouse(house), {})
    assert caught.value.why == "hash mismatch\n::error::x"
    assert caught.value.exit_code == 3


def test_a_zip_file_is_a_wheelhouse_too(house: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    with zipfile.ZipFile(tmp_path / "house.zip", "w") as archive:
        archive.write(house / here(), f"wheels/{here()}")
        archive.writestr("../../evil.whl", "out of it")
        archive.writestr("README.md", "no wheel")
    origin = find_origin({"GITLESS_INPUT_WHEELHOUSE": str(tmp_path / "house.zip")}, unpacked)
    assert sorted(path.name for path in unpacked.iterdir()) == ["evil.whl", here()]
    assert list(origin.names("uv")) == [here()]
    assert not (tmp_path.parent / "evil.whl").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_what_is_no_wheelhouse_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "house.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BootstrapError, match="neither a folder nor a zip file"):
        find_origin({"GITLESS_INPUT_WHEELHOUSE": str(path)}, tmp_path)


class Served(BaseHTTPRequestHandler):
    """A package index: what it gives is in `pages`, what it was asked in `asked`."""

    pages: dict[str, tuple[int, dict[str, str], bytes]]
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        status, headers, body = self.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[Served]]]:
    monkeypatch.setattr("bootstrap.origin.time.sleep", lambda seconds: None)
    kind = type("Once", (Served,), {"pages": {}, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", kind
    server.shutdown()
    server.server_close()


def page(*names: str) -> bytes:
    links = "".join(f'<a data-x="1" href="../../files/{name}#sha256=00">{name}</a>\n' for name in names)
    return f"<!DOCTYPE html><html><body>{links}</body></html>".encode()


def test_an_index_of_either_form_is_read(index: tuple[str, type[Served]]) -> None:
    url, served = index
    served.pages["/simple/uv/"] = (200, {"Content-Type": "text/html"}, page("uv-1.2.3-py3-none-any.whl", "a%2Bb.whl"))
    files = {"files": [{"url": "/files/x.whl", "filename": "lie.whl"}]}
    served.pages["/json/uv/"] = (
        200,
        {"Content-Type": "application/vnd.pypi.simple.v1+json"},
        json.dumps(files).encode(),
    )
    found = Index.parse(f"{url}/simple/").names("uv")
    assert found == {"uv-1.2.3-py3-none-any.whl": f"{url}/files/uv-1.2.3-py3-none-any.whl#sha256=00",
                     "a+b.whl": f"{url}/files/a%2Bb.whl#sha256=00"}  # fmt: skip
    assert Index.parse(f"{url}/json").names("uv") == {"x.whl": f"{url}/files/x.whl"}


def test_a_packed_page_is_unpacked(index: tuple[str, type[Served]]) -> None:
    url, served = index
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    served.pages["/simple/uv/"] = (200, headers, gzip.compress(page("x.whl")))
    assert list(Index.parse(f"{url}/simple").names("uv")) == ["x.whl"]


def test_a_credential_goes_to_the_index_and_to_nobody_else(index: tuple[str, type[Served]]) -> None:
    url, served = index
    other = url.replace("127.0.0.1", "localhost")
    served.pages["/simple/uv/"] = (302, {"Location": f"{other}/moved/"}, b"")
    served.pages["/moved/"] = (200, {"Content-Type": "text/html"}, b'<a href="/files/x.whl">x</a>')
    served.pages["/files/x.whl"] = (200, {}, b"wheel")
    index_ = Index.parse(url.replace("http://", "http://user:p%40ss@") + "/simple")
    assert "p@ss" not in index_.url + repr(index_.url)
    (place,) = index_.names("uv").values()
    assert index_.read(place) == b"wheel"
    basic = "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert served.asked == [("/simple/uv/", basic), ("/moved/", None), ("/files/x.whl", None)]


def test_a_bad_day_is_waited_out_and_a_refusal_is_not(index: tuple[str, type[Served]]) -> None:
    url, served = index
    served.pages["/busy/uv/"] = (503, {}, b"")
    with pytest.raises(BootstrapError, match="cannot be read") as caught:
        Index.parse(f"{url.replace('//', '//user:secret@')}/busy").names("uv")
    assert (caught.value.why, caught.value.exit_code) == ("HTTP 503", 3)
    assert "secret" not in str(caught.value.what)
    assert len(served.asked) == 4
    served.pages["/closed/uv/"] = (403, {}, b"")
    with pytest.raises(BootstrapError):
        Index.parse(f"{url}/closed").names("uv")
    assert len(served.asked) == 5


def test_an_endless_page_is_cut_off(index: tuple[str, type[Served]], monkeypatch: pytest.MonkeyPatch) -> None:
    url, served = index
    monkeypatch.setattr("bootstrap.origin.MAX_INDEX_BYTES", 1000)
    served.pages["/simple/uv/"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"a" * 10_000_000))
    with pytest.raises(BootstrapError, match="is longer than 1000 bytes"):
        Index.parse(f"{url}/simple").names("uv")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"files": 1}', b'{"files": [{}]}', b"\xff"])
def test_an_index_that_lies_about_its_form_is_refused(body: bytes, index: tuple[str, type[Served]]) -> None:
    url, served = index
    served.pages["/simple/uv/"] = (200, {"Content-Type": "application/vnd.pypi.simple.v1+json"}, body)
    with pytest.raises(BootstrapError, match="something else than a list of files"):
        Index.parse(f"{url}/simple").names("uv")


@pytest.mark.parametrize(
    "text", ["file:///etc/passwd", "ftp://x/y", "x", "https://", "https://a b/", "https://a\u202e/"]
)
def test_what_is_no_web_address_is_no_index(text: str, tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="index-url is not a web address"):
        find_origin({"GITLESS_INPUT_INDEX_URL": text}, tmp_path)


def test_the_password_of_an_index_is_masked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = {"GITLESS_INPUT_INDEX_URL": "https://user:s3%40cret@mirror.test/simple", "GITHUB_ACTIONS": "true"}
    origin = find_origin(env, tmp_path)
    assert capsys.readouterr().out == "::add-mask::s3%2540cret\n::add-mask::s3@cret\n"
    assert isinstance(origin, Index)
    assert origin.url == "https://mirror.test/simple"
