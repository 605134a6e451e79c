"""Digests, references, descriptors, revisions: what they read and what they refuse."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.canonical import canonical_json, go_json, read_base64, read_json_object
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import OCI_INDEX, OCI_MANIFEST
from gitless.model.reference import Location, Reference, check_tag
from gitless.model.revision import Revision, Source, parse_rfc3339, rfc3339
from gitless.model.secret import Secret
from gitless.model.tree import MemoryTree
from gitless.model.verdict import Check, Verdict

HEX = "a" * 64


def test_digest_of_bytes_is_sha256():
    assert str(Digest.of(b"")) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Digest.parse(f"sha256:{HEX}").fallback_tag == f"sha256-{HEX}"
    assert Digest.parse(f"sha256:{HEX}").short == "a" * 12


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", f"sha256:{HEX.upper()}", f"sha512:{HEX * 2}", f"sha256:{HEX}\n", "sha256:../../etc", HEX, None],
)
def test_digest_with_broken_grammar_is_refused(text):
    with pytest.raises(UsageError):
        Digest.parse(text)


def test_digest_built_from_bad_hex_is_refused():
    with pytest.raises(UsageError):
        Digest("xyz")


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("ghcr.io/acme/apps", "ghcr.io", "acme/apps"),
        ("localhost/apps", "localhost", "apps"),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000", "a/b"),
        ("[::1]:5000/a", "[::1]:5000", "a"),
        ("oci-layout:out/dir", "", "out/dir"),
    ],
)
def test_location_is_read_and_written_back(text, host, path):
    location = Location.parse(text)
    assert (location.host, location.path, str(location)) == (host, path, text)
    assert location.is_layout is (host == "")


@pytest.mark.parametrize(
    "text",
    ["", "apps", "acme/apps", "oci://ghcr.io/a", "ghcr.io/Acme", "ghcr.io/a:tag", "ghcr.io/", "ghcr.io/a/../b",
     "ghcr.io/a b", "user@ghcr.io/a", "oci-layout:", "oci-layout:a\nb", "ghcr.io/" + "a" * 255, "-x.io/a"],
)  # fmt: skip
def test_location_that_is_no_repository_is_refused(text):
    with pytest.raises(UsageError):
        Location.parse(text)


def test_location_child_and_base_name():
    assert str(Location.parse("ghcr.io/acme").child("web")) == "ghcr.io/acme/web"
    assert Location.parse("oci-layout:d").child("web").base_name == "web"


def test_reference_by_tag_digest_and_both():
    assert Reference.parse("ghcr.io/a/b:latest").target == "latest"
    assert Reference.parse(f"ghcr.io/a/b@sha256:{HEX}").target == Digest(HEX)
    both = Reference.parse(f"localhost:5000/a:v1@sha256:{HEX}")
    assert str(both) == f"localhost:5000/a@sha256:{HEX}"
    assert str(Reference.parse("oci-layout:x/y:latest").location) == "oci-layout:x/y"
    assert Reference.parse(f"oci-layout:x/y@sha256:{HEX}").target == Digest(HEX)


@pytest.mark.parametrize(
    "text", ["ghcr.io/a/b", "localhost:5000/a", "oci-layout:x", "ghcr.io/a:", "ghcr.io/a:-x", "ghcr.io/a@md5:1"]
)
def test_reference_without_tag_or_digest_is_refused(text):
    with pytest.raises(UsageError):
        Reference.parse(text)


def test_tag_grammar():
    assert check_tag("v1.2.3_x-y") == "v1.2.3_x-y"
    for bad in ("", "-x", "a" * 129, "a/b", "a:b", "ä"):
        with pytest.raises(UsageError):
            check_tag(bad)


def test_descriptor_round_trip_and_faults():
    descriptor = Descriptor("t", Digest(HEX), 3, "art", {"b": "2", "a": "1"})
    assert Descriptor.from_json(descriptor.to_json()) == descriptor
    assert list(descriptor.to_json()) == ["mediaType", "digest", "size", "annotations", "artifactType"]
    good = {"mediaType": "t", "digest": f"sha256:{HEX}", "size": 1}
    for fault in ({"size": -1}, {"size": True}, {"size": "1"}, {"digest": "sha256:../x"}, {"mediaType": 1}):
        with pytest.raises(UntrustedContentError):
            Descriptor.from_json({**good, **fault})
    with pytest.raises(UntrustedContentError):
        Descriptor.from_json([])
    assert Descriptor.from_json({**good, "annotations": {"a": 1, "b": "x"}}).annotations == {"b": "x"}


def test_manifest_keeps_its_bytes():
    content = (
        b'{ "mediaType":"m","layers":[],"subject":{"mediaType":"t","digest":"sha256:%s","size":1} }' % HEX.encode()
    )
    manifest = Manifest(OCI_MANIFEST, content)
    assert manifest.digest == Digest.of(content)
    assert manifest.descriptor.size == len(content)
    assert manifest.subject.digest == Digest(HEX)
    assert manifest.config is None
    assert manifest.artifact_type is None
    assert manifest.manifests == ()


def test_manifest_listing_takes_the_artifact_type_or_the_config_type():
    config = {"mediaType": "cfg", "digest": f"sha256:{HEX}", "size": 1}
    plain = Manifest(OCI_MANIFEST, json.dumps({"config": config, "annotations": {"k": "v"}}).encode())
    assert (plain.listing.artifact_type, plain.listing.annotations) == ("cfg", {"k": "v"})
    typed = Manifest(OCI_MANIFEST, json.dumps({"config": config, "artifactType": "art"}).encode())
    assert typed.listing.artifact_type == "art"
    index = Manifest(OCI_INDEX, json.dumps({"manifests": [config]}).encode())
    assert index.manifests[0].media_type == "cfg"


@pytest.mark.parametrize(
    "content", [b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}', b'{"a":"\\ud800"}', b'{"\\uDFFF":1}']
)
def test_json_that_other_languages_refuse_is_refused(content):
    with pytest.raises(UntrustedContentError):
        read_json_object(content, "it")


def test_json_with_whole_surrogate_pairs_and_floats_is_read():
    assert read_json_object(b'{"a":"\\ud83d\\ude00","b":1.5}', "it") == {"a": "\U0001f600", "b": 1.5}


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"a":1,"a":2}', b"[" * 100_000])
def test_json_from_outside_that_is_no_object_is_refused(content):
    with pytest.raises(UntrustedContentError):
        read_json_object(content, "it")


def test_go_json_escapes_as_go_does_and_canonical_does_not():
    assert go_json({"b": "<&>\u2028", "a": 1}) == b'{"b":"\\u003c\\u0026\\u003e\\u2028","a":1}'
    assert canonical_json({"b": "<", "a": "ü"}) == '{"a":"ü","b":"<"}'.encode()


@given(st.dictionaries(st.text(), st.text()))
def test_go_json_is_json(value):
    assert json.loads(go_json(value)) == value


def test_revision_reads_its_own_form_only():
    text = f"main@sha1:{'b' * 40}"
    assert str(Revision.parse(text)) == text
    assert Revision.parse(f"{text}-dirty").dirty is True
    assert Revision.parse(f"feature/a@b@sha1:{'b' * 40}").ref == "feature/a@b"
    assert str(Revision.parse(f"main@sha256:{'b' * 64}")) == f"main@sha256:{'b' * 64}"
    for foreign in (
        "",
        "main",
        f"main@sha1:{'b' * 64}",
        "main@sha1:abc",
        f"a b@sha1:{'b' * 40}",
        f"{text}x",
        f"x\n{text}",
    ):
        assert Revision.parse(foreign) is None


def test_times_are_written_in_utc_and_need_a_zone():
    tokyo = datetime(2026, 11, 20, 19, 0, tzinfo=timezone(timedelta(hours=9)))
    assert rfc3339(tokyo) == "2026-11-20T10:00:00Z"
    assert parse_rfc3339("2026-11-20T19:00:00+09:00") == tokyo
    assert Source("u", "r", tokyo).created_text == "2026-11-20T10:00:00Z"
    for bad in ("2026-11-20T10:00:00", "yesterday"):
        with pytest.raises(UsageError):
            parse_rfc3339(bad)


def test_secret_never_prints_itself():
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
    assert len({secret, Secret("hunter2")}) == 1
    assert not Secret("")


def test_no_checks_are_a_no():
    assert Verdict(()).ok is False
    verdict = Verdict((Check("a", True, ""), Check("b", False, "why")))
    assert (verdict.ok, [check.id for check in verdict.failures]) == (False, ["b"])


def test_memory_tree_walks_depth_first_in_byte_order():
    tree = MemoryTree({"b/x": b"1", "a.y": b"2", "a/z": b"3"}, frozenset({"a/z"}), frozenset({"e/f"}))
    assert [entry.path for entry in tree.walk()] == ["a", "a/z", "a.y", "b", "b/x", "e", "e/f"]
    assert [entry.executable for entry in tree.walk() if entry.kind == "file"] == [True, False, False]
    assert tree.read("b/x") == b"1"


@pytest.mark.parametrize(
    "text", [None, 7, "A", "AA", "AA=", "AAAA=", "AAAA==", "AB==", "A-_=", "AAAA\n", " AAAA", "\u0661AAA"]
)
def test_base64_has_one_spelling(text):
    with pytest.raises(ValueError):
        read_base64(text)


def test_base64_is_read():
    assert [read_base64(text) for text in ("", "AA==", "AAA=", "AAAA", "+/+/")] == [
        b"",
        b"\0",
        b"\0\0",
        b"\0\0\0",
        b"\xfb\xff\xbf",
    ]
