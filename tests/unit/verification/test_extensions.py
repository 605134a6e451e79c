"""Reading a certificate's identity and job."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.sigstore.authorities import der
from tests.fakes.sigstore.claims import GITHUB
from tests.fakes.sigstore.identities import Identity as Named
from tests.fakes.sigstore.paper import GITHUB_JOB, GITLAB_JOB, the_paper
from tests.fakes.sigstore.paper_leaf import reissued

from gitless.model.identity import Identity
from gitless.model.workload import EXTENSIONS
from gitless.verification.extensions import MAX_TEXT, claimed_identities, read_certificate, read_workload
from gitless.verification.refused import RefusedError


def certificate(values=None, names=None, job=GITHUB_JOB):
    said = Named(job.subject, {**job.values, **(values or {})})
    said = Named(said.subject, {arc: text for arc, text in said.values.items() if text is not None})
    more = {} if names is None else {"names": names}
    return read_certificate(der(the_paper().leaf(said, **more).certificate))


def with_extension(arc, content):
    """An extension with these bytes in place of the true one."""
    name = f"1.3.6.1.4.1.57264.1.{arc}"
    extra = (x509.UnrecognizedExtension(x509.ObjectIdentifier(name), content), False)
    leaf = reissued(the_paper(), the_paper().leaf(), extra, without=[name])
    return read_certificate(der(leaf.certificate))


@pytest.mark.parametrize("job", [GITHUB_JOB, GITLAB_JOB])
def test_a_job_is_read_whole(job):
    workload = read_workload(certificate(job=job))
    assert workload.identity == Identity(job.values[8], job.subject)
    for name, arc in EXTENSIONS.items():
        assert getattr(workload, name) == job.values.get(arc, "")


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, MAX_TEXT])
def test_texts_of_every_length_are_read(length):
    assert len(read_workload(certificate({23: "x" * length or None})).environment) == length


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x0c", b"\x0c\x05main", b"\x0c\x03main", b"\x13\x04main", b"main", b"\x0c\x81\x04main",
        b"\x0c\x82\x00\x04main", b"\x0c\x80main", b"\x0c\x04ma\xffn", b"\x0c\x84\xff\xff\xff\xff", b"\x0c\xff",
    ],
)  # fmt: skip
def test_an_extension_that_is_no_der_string_is_refused(content):
    with pytest.raises(RefusedError) as refused:
        read_workload(with_extension(14, content))
    assert refused.value.check == "bundle.2-certificate"


def test_an_old_issuer_that_is_no_text_is_refused():
    with pytest.raises(RefusedError):
        read_workload(with_extension(1, b"\xff"))


def test_two_issuers_that_agree_are_one_and_two_that_differ_are_none():
    assert read_workload(certificate({1: None})).identity.issuer == GITHUB
    assert read_workload(certificate({8: None})).identity.issuer == GITHUB
    with pytest.raises(RefusedError, match="no issuer, or two"):
        read_workload(certificate({1: "https://evil.example"}))
    with pytest.raises(RefusedError, match="no issuer, or two"):
        read_workload(certificate({1: None, 8: None}))


def test_the_new_place_of_the_issuer_claims():
    (claimed,) = claimed_identities(certificate({1: GITHUB, 8: "https://evil.example"}))
    assert claimed.issuer == "https://evil.example"
    (claimed,) = claimed_identities(certificate({1: None, 8: None}))
    assert claimed.issuer == ""


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        (x509.RFC822Name("alice@acme.example"), "alice@acme.example"),
        (x509.UniformResourceIdentifier("https://x.example/y"), "https://x.example/y"),
        (x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7"), b"\x0c\x05alice"), "alice"),
    ],
)
def test_the_kinds_of_names_that_policies_can_name(name, subject):
    assert read_workload(certificate(names=[name])).identity.subject == subject


@pytest.mark.parametrize(
    "names",
    [
        [x509.DNSName("github.com")],
        [x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x05alice")],
        [x509.UniformResourceIdentifier(""), x509.UniformResourceIdentifier("https://x.example")],
        [x509.UniformResourceIdentifier("https://x.example/" + "x" * MAX_TEXT)],
        [x509.UniformResourceIdentifier("https://x.example/\n")],
    ],
)
def test_other_names_are_refused(names):
    found = certificate(names=names)
    assert len(claimed_identities(found)) == len(names)
    with pytest.raises(RefusedError):
        read_workload(found)


@pytest.mark.parametrize("content", [b"", b"0", b"\x30\x80", b"x" * 70_000])
def test_bytes_that_are_no_certificate_are_refused(content):
    with pytest.raises(RefusedError):
        read_certificate(content)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_certificate_with_any_byte_changed_is_read_or_refused(place, value):
    content = bytearray(der(the_paper().leaf().certificate) if not _LEAF else _LEAF[0])
    _LEAF[:] = [bytes(content)]
    content[place % len(content)] = value
    with suppress(RefusedError):
        found = read_certificate(bytes(content))
        assert claimed_identities(found)
        assert read_workload(found).identity in claimed_identities(found)


_LEAF: list[bytes] = []
