"""Small parts of components, made with cyclonedx-python-lib. Import it only where a document is made: it is heavy."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.contact import OrganizationalContact, OrganizationalEntity
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseAcknowledgement, LicenseExpression
from cyclonedx.spdx import is_supported_id

from gitless.sbom.facts import Party

_EXPRESSION = re.compile(r"\s(?:AND|OR|WITH)\s")
_CONCLUDED, _DECLARED = LicenseAcknowledgement.CONCLUDED, LicenseAcknowledgement.DECLARED


def hashes(sha256: str = "", sha512: str = "") -> list[HashType]:
    """The hashes that are known, hex."""
    known = ((HashAlgorithm.SHA_256, sha256), (HashAlgorithm.SHA_512, sha512))
    return [HashType(alg=algorithm, content=content) for algorithm, content in known if content]


def link(kind: str, url: str, sha512: str = "") -> list[ExternalReference]:
    """An external reference; none for an empty URL."""
    if not url:
        return []
    return [ExternalReference(type=ExternalReferenceType(kind), url=XsUri(url), hashes=hashes(sha512=sha512) or None)]


def properties(pairs: Iterable[tuple[str, str]]) -> list[Property]:
    """Properties from names and values."""
    return [Property(name=name, value=value) for name, value in pairs]


def form(*, archive: bool, executable: bool, structured: bool, filename: str = "") -> list[tuple[str, str]]:
    """The four properties that BSI TR-03183-2 asks for in every component."""
    return [
        ("bsi:component:archive", "archive" if archive else "no archive"),
        ("bsi:component:executable", "executable" if executable else "non-executable"),
        ("bsi:component:structured", "structured" if structured else "unstructured"),
        *([("bsi:component:filename", filename)] if filename else []),
    ]


def manufacturer(party: Party | None) -> OrganizationalEntity | None:
    """A creator with an address or else a URL, never both (BSI TR-03183-2, 5.2.1)."""
    if party is None:
        return None
    contacts = [OrganizationalContact(email=party.email)] if party.email else None
    urls = [XsUri(party.url)] if party.url and not party.email else None
    return OrganizationalEntity(name=party.name, urls=urls, contacts=contacts)


def supplier(party: Party | None) -> OrganizationalEntity | None:
    """A supplier with its URL, else with its address."""
    if party is None:
        return None
    contacts = [OrganizationalContact(email=party.email)] if party.email and not party.url else None
    return OrganizationalEntity(name=party.name, urls=[XsUri(party.url)] if party.url else None, contacts=contacts)


def licenses(text: str, *, concluded: bool = True) -> list[License]:
    """The licences of a component: declared, and concluded too where its owner says so.

    An expression is written once, since CycloneDX 1.6 takes one expression and nothing beside it.
    """
    if not text:
        return []
    if _EXPRESSION.search(text):
        return [LicenseExpression(text, acknowledgement=_CONCLUDED if concluded else _DECLARED)]
    return [license_named(text, said) for said in ((_CONCLUDED, _DECLARED) if concluded else (_DECLARED,))]


def license_named(text: str, acknowledgement: LicenseAcknowledgement | None = None) -> DisjunctiveLicense:
    """One licence by SPDX id, or by name where SPDX does not list it."""
    if is_supported_id(text):
        return DisjunctiveLicense(id=text, acknowledgement=acknowledgement)
    return DisjunctiveLicense(name=text, acknowledgement=acknowledgement)
