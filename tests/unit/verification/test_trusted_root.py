"""trusted_root.json: read strictly, narrowed to the logs that a bundle names."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.sigstore.paper import the_paper, write

from gitless.errors import UsageError
from gitless.verification.trusted_root import MAX_TRUSTED_ROOT_BYTES, Period, TrustedRoot

GOOD = the_paper().trusted_root()


def changed(change):
    root = the_paper().draw_root()
    change(root)
    return write(root)


def put(*path_and_value):
    *path, value = path_and_value

    def change(document):
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return change


def test_it_names_logs_and_authorities():
    root = TrustedRoot.parse(GOOD)
    assert [log.base_url for log in root.tlogs.values()] == ["https://rekor1.paper.test", "https://rekor2.paper.test"]
    assert len(root.ctlogs) == 1
    assert [len(item.chain) for item in (*root.authorities, *root.timestamp_authorities)] == [2, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("mediaType", "application/json"), "mediaType is 'application/json'"),
        (put("tlogs", []), "no transparency log"),
        (put("ctlogs", []), "no certificate log"),
        (put("certificateAuthorities", []), "no certificate authority"),
        (put("tlogs", 0, "hashAlgorithm", "SHA2_512"), "hashAlgorithm"),
        (put("tlogs", 0, "logId", {}), "keyId"),
        (put("tlogs", 0, "logId", "keyId", ""), "empty"),
        (put("tlogs", 0, "logId", "keyId", "%"), "base64"),
        (put("tlogs", 0, "publicKey", "validFor", {}), "no start"),
        (put("tlogs", 0, "publicKey", "validFor", {"start": "yesterday"}), "'yesterday' is no time"),
        (put("tlogs", 0, "publicKey", "validFor", {"start": "2026-02-31T00:00:00Z"}), "day"),
        (put("tlogs", 0, "publicKey", "keyDetails", "PKIX_ED448"), "keyDetails"),
        (put("tlogs", 0, "publicKey", "keyDetails", "PKIX_ED25519"), "keyDetails"),
        (put("tlogs", 0, "publicKey", "rawBytes", "AAAA"), "not readable"),
        (put("tlogs", 0, "baseUrl", 7), "not shaped"),
        (put("certificateAuthorities", 0, "uri", []), "not shaped"),
        (put("timestampAuthorities", {}), "not shaped"),
        (put("certificateAuthorities", 0, "validFor", []), "not shaped"),
        (put("certificateAuthorities", 0, "subject", []), "not shaped"),
        (put("ctlogs", {}), "not shaped"),
        (put("tlogs", 0, []), "not shaped"),
        (put("tlogs", 7), "not shaped"),
        (put("certificateAuthorities", 0, "certChain", "certificates", []), "no certificate"),
        (
            put("certificateAuthorities", 0, "certChain", "certificates", [{"rawBytes": "AAAA"}]),
            "certificate in it is malformed",
        ),
        (put("certificateAuthorities", 0, "certChain", None), "not shaped"),
    ],
)
def test_what_flux_would_refuse_is_refused_in_words(change, words):
    with pytest.raises(UsageError, match=r"(?s)The trusted root is not .*" + words):
        TrustedRoot.parse(changed(change))


def test_no_base_url_at_all_is_refused():
    def change(root):
        for log in root["tlogs"]:
            log.pop("baseUrl")

    with pytest.raises(UsageError, match="no transparency log with a baseUrl"):
        TrustedRoot.parse(changed(change))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"{" + b" " * MAX_TRUSTED_ROOT_BYTES + b"}", b"\xff"])
def test_other_files_are_refused(content):
    with pytest.raises(UsageError, match=r"root\.json is not usable"):
        TrustedRoot.parse(content, "root.json")


def test_the_last_of_two_logs_with_one_name_counts():
    def change(root):
        root["tlogs"].append({**root["tlogs"][1], "baseUrl": "https://later.test"})

    root = TrustedRoot.parse(changed(change))
    assert [log.base_url for log in root.tlogs.values()] == ["https://rekor1.paper.test", "https://later.test"]


def test_narrowed_it_holds_one_log_of_each_kind():
    root = TrustedRoot.parse(GOOD)
    tlog, (ctlog,) = list(root.tlogs.values())[1], root.ctlogs.values()
    document = json.loads(root.narrowed(tlog, ctlog))
    assert [log["baseUrl"] for log in document["tlogs"]] == ["https://rekor2.paper.test"]
    assert len(document["ctlogs"]) == len(document["timestampAuthorities"]) == 1
    assert document["timestampAuthorities"][0]["validFor"] == {"start": "2026-01-01T00:00:00Z"}


def test_an_authority_without_a_period_is_always_in_use():
    root = TrustedRoot.parse(changed(lambda root: root["timestampAuthorities"][0].pop("validFor")))
    (authority,) = root.timestamp_authorities
    assert authority.valid == Period()
    (ctlog,) = root.ctlogs.values()
    document = json.loads(root.narrowed(next(iter(root.tlogs.values())), ctlog))
    assert document["timestampAuthorities"][0]["validFor"] == {"start": "1970-01-01T00:00:00Z"}


def test_unknown_fields_are_left_out_of_what_sigstore_python_reads():
    root = TrustedRoot.parse(changed(lambda root: root["tlogs"][0].update(operator="acme", new=1)))
    (ctlog,) = root.ctlogs.values()
    assert set(json.loads(root.narrowed(next(iter(root.tlogs.values())), ctlog))["tlogs"][0]) == {
        "baseUrl",
        "hashAlgorithm",
        "logId",
        "publicKey",
    }


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-01T12:00:00Z", datetime(2026, 6, 1, 12, tzinfo=timezone.utc)),
        ("2026-06-01T14:00:00.5+02:00", datetime(2026, 6, 1, 12, 0, 0, 500_000, tzinfo=timezone.utc)),
        ("2026-06-01T12:00:00.123456789Z", datetime(2026, 6, 1, 12, 0, 0, 123_456, tzinfo=timezone.utc)),
    ],
)
def test_both_ends_of_a_period_belong_to_it(text, moment):
    root = TrustedRoot.parse(changed(put("tlogs", 0, "publicKey", "validFor", {"start": text, "end": text})))
    valid = next(iter(root.tlogs.values())).valid
    step = timedelta(microseconds=1)
    assert [valid.holds(moment + shift) for shift in (-step, 0 * step, step)] == [False, True, False]
    assert Period().holds(moment)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_value_anywhere_is_read_or_refused(data):
    root = the_paper().draw_root()
    document, name = root, data.draw(st.sampled_from(sorted(root)))
    while isinstance(document[name], dict | list) and document[name] and data.draw(st.booleans()):
        document = document[name]
        keys = sorted(document) if isinstance(document, dict) else range(len(document))
        name = data.draw(st.sampled_from(list(keys)))
    document[name] = data.draw(
        st.one_of(st.none(), st.integers(), st.text(max_size=6), st.just([]), st.just({}), st.just([[]]))
    )
    with suppress(UsageError):
        TrustedRoot.parse(write(root))
