"""Which Sigstore instances are refused before any work, and which services of one are used."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.sigstore.paper import the_paper

from gitless.errors import UsageError
from gitless.signing.instance import Services, private_instance

ROOT = the_paper().trusted_root()
BASE = "http://127.0.0.1:4000"


def config(change: Callable[[dict[str, Any]], object] = lambda document: None, rekor: int = 2) -> bytes:
    document = json.loads(the_paper().signing_config(BASE, rekor))  # type: ignore[arg-type]
    change(document)
    return json.dumps(document).encode()


def service(url: str, version: int = 1, operator: str = "local.test", end: str = "") -> dict[str, Any]:
    times = {"start": "2026-01-01T00:00:00Z", **({"end": end} if end else {})}
    return {"url": url, "majorApiVersion": version, "validFor": times, "operator": operator}


def test_services_of_an_instance() -> None:
    instance = private_instance(ROOT, config(), 2)
    assert instance.services() == Services(BASE, BASE, (f"{BASE}/api/v1/timestamp",))
    assert (instance.rekor, instance.notice) == (2, "")


@pytest.mark.parametrize("rekor", [1, 2])
def test_the_newest_log_is_taken_where_none_is_asked(rekor: int) -> None:
    assert private_instance(ROOT, config(rekor=rekor)).rekor == rekor


def test_a_slash_at_the_end_is_no_part_of_an_address() -> None:
    def change(document: dict[str, Any]) -> None:
        document["rekorTlogUrls"] = [service("https://log.example/", 2)]
        document["caUrls"] = [service("https://ca.example/")]

    services = private_instance(ROOT, config(change), 2).services()
    assert (services.rekor, services.fulcio) == ("https://log.example", "https://ca.example")


def test_what_is_over_is_not_used() -> None:
    def change(document: dict[str, Any]) -> None:
        document["caUrls"].insert(0, service("https://old.example", end="2026-02-01T00:00:00Z"))
        document["tsaUrls"].insert(0, service("https://old.example", operator="old", end="2026-02-01T00:00:00Z"))

    services = private_instance(ROOT, config(change), 2).services()
    assert (services.fulcio, services.timestamps) == (BASE, (f"{BASE}/api/v1/timestamp",))


def test_two_authorities_stamp_where_the_configuration_asks_for_all() -> None:
    def change(document: dict[str, Any]) -> None:
        document["tsaUrls"].append(service("https://second.example/stamp", operator="second"))
        document["tsaConfig"] = {"selector": "ALL"}

    assert len(private_instance(ROOT, config(change), 2).services().timestamps) == 2


def without(name: str) -> bytes:
    return config(lambda document: document.update({name: []}))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (without("tsaUrls"), "signing_config.json names none that is valid now"),
        (without("caUrls"), "No valid Fulcio CA found"),
        (without("rekorTlogUrls"), "No valid Rekor transparency log found"),
        (config(rekor=1), "No valid Rekor transparency log found"),
        (
            config(lambda document: document.update(mediaType="application/json")),
            "signingConfig.mediaType: Input should be",
        ),
        (config(lambda document: document.pop("caUrls")), "No valid Fulcio CA found"),
        (b"[]", "signing_config.json is not a JSON object."),
        (b"{", "signing_config.json is not readable JSON."),
        (config(lambda document: document.update(tsaConfig={"selector": "EXACT", "count": 2})), "Expected 2 services"),
    ],
)
def test_a_signing_configuration_that_is_refused(content: bytes, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        private_instance(ROOT, content, 2)
    assert word in str(caught.value)


@pytest.mark.parametrize("name", ["caUrls", "rekorTlogUrls", "tsaUrls"])
@pytest.mark.parametrize(
    "url", ["http://sigstore.example", "ftp://sigstore.example", "https://user:pw@host.example", "x"]
)
def test_an_address_that_is_refused(name: str, url: str) -> None:
    version = 2 if name == "rekorTlogUrls" else 1
    with pytest.raises(UsageError, match="has an address that is refused") as caught:
        private_instance(ROOT, config(lambda document: document.update({name: [service(url, version)]})), 2)
    assert "pw" not in str(caught.value)


def test_the_wrong_version_of_the_log_names_the_setting() -> None:
    with pytest.raises(UsageError) as caught:
        private_instance(ROOT, config(rekor=2), 1)
    assert "signing.rekor in gitless.yaml is 1" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda root: root.update(timestampAuthorities=[]), "has no timestamp authority"),
        (lambda root: root.update(mediaType="application/json"), "trustedRoot.mediaType: Input should be"),
        (lambda root: root.pop("tlogs"), "tlogs"),
    ],
)
def test_a_trusted_root_that_is_refused(change: Callable[[dict[str, Any]], object], word: str) -> None:
    root = json.loads(ROOT)
    change(root)
    with pytest.raises(UsageError) as caught:
        private_instance(json.dumps(root).encode(), config(), 2)
    assert word in str(caught.value)
