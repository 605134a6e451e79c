"""Log entries and checkpoints, read as strictly as Flux reads them."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.sigstore.paper import about, the_paper, write
from tests.fakes.sigstore.paper_log import b64

from gitless.verification.log_entry import Checkpoint, LogEntry
from gitless.verification.refused import RefusedError
from gitless.verification.trusted_root import TrustedRoot

ENTRY = {rekor: the_paper().draw(about(), rekor=rekor)["verificationMaterial"]["tlogEntries"][0] for rekor in (1, 2)}
ROOT = TrustedRoot.parse(the_paper().trusted_root())
NOTE = ENTRY[2]["inclusionProof"]["checkpoint"]["envelope"]


def refused(entry):
    with pytest.raises(RefusedError) as error:
        LogEntry.parse([entry]).check(ROOT)
    return error.value.check


def changed(rekor, *path_and_value):
    *path, value = path_and_value
    entry = place = copy.deepcopy(ENTRY[rekor])
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return entry


@pytest.mark.parametrize("rekor", [1, 2])
def test_true_entries_are_read(rekor):
    entry = LogEntry.parse([ENTRY[rekor]])
    assert entry.check(ROOT).base_url == f"https://rekor{rekor}.paper.test"
    assert (entry.integrated is not None) == entry.has_promise == (rekor == 1)
    assert entry.checkpoint.has_tree_id == (rekor == 1)


@pytest.mark.parametrize("entries", [None, [], {}, "x", [1], [ENTRY[1], ENTRY[2]]])
def test_one_entry_is_expected(entries):
    with pytest.raises(RefusedError) as error:
        LogEntry.parse(entries)
    assert error.value.check == "bundle.5-log"


@pytest.mark.parametrize(
    ("path", "value", "check"),
    [
        (("logId",), None, "bundle.5-log"),
        (("logId", "keyId"), 7, "bundle.5-log"),
        (("logId", "keyId"), b64(b"unknown"), "bundle.5-log"),
        (("kindVersion",), None, "bundle.5-log"),
        (("inclusionProof",), None, "bundle.5-log"),
        (("inclusionProof", "checkpoint"), {}, "bundle.5-log"),
        (("inclusionProof", "checkpoint", "envelope"), 7, "bundle.5-log"),
        (("inclusionProof", "hashes"), 7, "bundle.5-log"),
        (("inclusionProof", "hashes"), ["%"], "bundle.5-log"),
        (("inclusionProof", "rootHash"), b64(b"x"), "bundle.5-log"),
        (("inclusionProof", "treeSize"), "1", "bundle.5-log"),
        (("canonicalizedBody",), None, "bundle.5-log"),
        (("logIndex",), "-1", "bundle.1-format"),
        (("logIndex",), "٣", "bundle.1-format"),
        (("logIndex",), "03", "bundle.1-format"),
        (("logIndex",), True, "bundle.1-format"),
        (("logIndex",), 1.5, "bundle.1-format"),
        (("logIndex",), "9" * 30, "bundle.1-format"),
        (("logIndex",), str(2**63), "bundle.1-format"),
        (("logIndex",), "7", "bundle.5-log"),
        (("integratedTime",), "17", "bundle.3-time"),
        (("integratedTime",), str(2**62), "bundle.5-log"),
        (("inclusionPromise",), {"signedEntryTimestamp": b64(b"x")}, "bundle.3-time"),
        (("inclusionPromise",), 7, "bundle.5-log"),
    ],
)
def test_each_field_counts(path, value, check):
    assert refused(changed(2, *path, value)) == check


def test_a_promise_on_an_entry_of_version_2_is_refused():
    entry = changed(2, "inclusionPromise", {"signedEntryTimestamp": b64(b"x")})
    assert refused({**entry, "integratedTime": "1780315230"}) == "bundle.5-log"


def test_a_checkpoint_of_one_version_is_not_the_other_s():
    ones, twos = (copy.deepcopy(ENTRY[rekor]) for rekor in (1, 2))
    paper = the_paper()
    head = int(ones["inclusionProof"]["treeSize"]), LogEntry.parse([ones]).proof_root
    ones["inclusionProof"]["checkpoint"]["envelope"] = paper.rekor[2].checkpoint(*head)
    assert refused(ones) == "bundle.5-log"
    head = int(twos["inclusionProof"]["treeSize"]), LogEntry.parse([twos]).proof_root
    twos["inclusionProof"]["checkpoint"]["envelope"] = paper.rekor[1].checkpoint(*head)
    assert refused(twos) == "bundle.5-log"


@pytest.mark.parametrize(
    "note",
    [
        "", "\n\n", "o\n1\nAA==\n", NOTE[:-1], NOTE.replace("\n\n", "\n"), NOTE + "x\n", NOTE + "\n\n",
        NOTE.replace("— ", "- "), NOTE.replace("rekor2.paper.test\n", "\n", 1), "o\nx\nAA==\n\n— o AAAAAAA=\n",
        "o\n٣\nAA==\n\n— o AAAAAAA=\n", "o\n1\n%\n\n— o AAAAAAA=\n", "o\n1\nAA==\n\n— o %\n", "o\n1\n\n— o AAAAAAA=\n",
    ],
)  # fmt: skip
def test_malformed_notes_are_refused(note):
    with pytest.raises(RefusedError):
        Checkpoint.parse(note)


def test_witnesses_may_sign_too():
    found = Checkpoint.parse(NOTE + "— witness.example AAAAAAAA\n")
    assert [name for name, _ in found.signatures] == ["rekor2.paper.test", "witness.example"]


@given(st.text(max_size=60))
def test_any_text_is_a_checkpoint_or_refused(text):
    try:
        Checkpoint.parse(text)
    except RefusedError:
        return
    assert "\n\n" in text


def test_a_log_with_a_key_that_checkpoints_cannot_name_is_refused():
    root = the_paper().draw_root()
    root["tlogs"][1]["publicKey"].update(rawBytes=b64(_rsa()), keyDetails="PKIX_RSA_PKCS1V15_2048_SHA256")
    with pytest.raises(RefusedError, match="not signed by the log"):
        LogEntry.parse([ENTRY[2]]).check(TrustedRoot.parse(write(root)))


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://rekor2.paper.test", True),
        ("https://rekor2.paper.test:443/api?x#y", True),
        ("https://user@rekor2.paper.test/", True),
        ("https://REKOR2.paper.test", False),
        (" https://rekor2.paper.test", False),
        ("rekor2.paper.test", False),
        ("https://[::1", False),
        ("https://", False),
        ("", False),
    ],
)
def test_the_origin_is_the_base_urls_host_as_go_reads_it(url, known):
    root = the_paper().draw_root()
    root["tlogs"][1]["baseUrl"] = url
    entry, root = LogEntry.parse([ENTRY[2]]), TrustedRoot.parse(write(root))
    if known:
        assert entry.check(root).base_url == url
        return
    with pytest.raises(RefusedError, match="origin"):
        entry.check(root)


def _rsa():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).public_key()
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
