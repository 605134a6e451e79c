"""One identity in the forms its verifiers take: Flux, cosign, Kyverno, policy-controller; as text and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import yaml

from gitless.identity.cosign import cosign_commands
from gitless.identity.flux import flux_objects
from gitless.identity.kyverno import kyverno_policy
from gitless.identity.policy_controller import TRUST_ROOT, policy_controller_objects
from gitless.identity.subject import TrustSubject

FORMS = ("flux", "cosign", "kyverno", "policy-controller")


def form_text(subject: TrustSubject, form: str) -> str:
    """One form to paste: YAML documents, or commands for a shell; empty where the verifier has none for a key.

    Args:
        subject: What is trusted, and where.
        form: One of FORMS.
    """
    if form == "cosign":
        return "".join(f"{shlex.join(command)}\n" for command in cosign_commands(subject))
    documents = form_objects(subject, form)
    return to_yaml(documents) if documents else ""


def form_objects(subject: TrustSubject, form: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a form.

    Args:
        subject: What is trusted, and where.
        form: One of FORMS; cosign has no objects.
    """
    if form == "flux":
        return flux_objects(subject)
    if form == "kyverno":
        return [kyverno_policy(subject)]
    return policy_controller_objects(subject) if form == "policy-controller" else []


def identity_record(subject: TrustSubject, origin: str, forms: Sequence[str]) -> dict[str, Any]:
    """The document of `gitless identity --json`.

    Args:
        subject: What is trusted, and where.
        origin: Where the identity was read: `configuration` or `token`.
        forms: Which of FORMS to put in.
    """
    pattern = subject.pattern
    return {
        "verb": "identity",
        "ok": True,
        "for": subject.role,
        "from": origin,
        "issuer": pattern.issuer if pattern else None,
        "subject": pattern.subject if pattern else None,
        "issuer_regexp": pattern.issuer_regex if pattern else None,
        "subject_regexp": pattern.subject_regex if pattern else None,
        "source": pattern.source if pattern else None,
        "key": subject.key_file or None,
        "reference": subject.reference,
        "forms": {
            form: cosign_commands(subject) if form == "cosign" else form_objects(subject, form) for form in forms
        },
    }


def identity_lines(subject: TrustSubject, origin: str, forms: Sequence[str]) -> list[str]:
    """The identity for people, and what a reader of the forms has to know.

    Args:
        subject: What is trusted, and where.
        origin: Where the identity was read: `configuration` or `token`.
        forms: Which of FORMS are shown.
    """
    place = "gitless.yaml" if origin == "configuration" else "this job's verified token"
    who = (
        [f"  issuer   {subject.pattern.issuer}", f"  subject  {subject.pattern.subject}"]
        if subject.pattern
        else [f"  key      {subject.key_file}"]
    )
    return [f"identity to {subject.role}, from {place}", *who, *(f"  note: {note}" for note in _notes(subject, forms))]


def _notes(subject: TrustSubject, forms: Sequence[str]) -> list[str]:
    found = []
    if subject.reusable_source and set(forms) - {"cosign"}:
        found.append(
            "the subject is a reusable workflow of another repository; verifiers that look at the subject alone, as "
            f"Flux does, trust all of its callers and not only {subject.reusable_source}"
        )
    if subject.pattern and not subject.pattern.is_exact:
        found.append("the subject is a pattern: whoever can make a matching ref can sign, so protect those refs")
    if subject.pattern is None and "policy-controller" in forms:
        found.append("policy-controller takes no Sigstore bundles that are signed with a key, so it has no form here")
    if subject.role == "promote" and {"kyverno", "policy-controller"} & set(forms):
        found.append(
            "the policies ask for the promoter's signature whatever the tag: apply them only in clusters that "
            "take nothing but promoted artifacts"
        )
    if subject.pattern and subject.trusted_root and "kyverno" in forms:
        found.append("Kyverno 1.19 asks its TUF mirror as well, even with this root: without the Internet give it one")
    if subject.pattern and subject.trusted_root and "policy-controller" in forms:
        found.append(
            f"policy-controller needs a TrustRoot named {TRUST_ROOT}, made from the instance's TUF repository "
            "(spec.remote or spec.repository)"
        )
    if subject.pattern and subject.trusted_root and "flux" in forms:
        found.append("trustedRootSecretRef needs Flux 2.9 or newer")
    return found


def to_yaml(documents: Sequence[dict[str, Any]]) -> str:
    """YAML documents in the order given, texts of several lines as blocks."""
    return yaml.dump_all(
        documents, Dumper=_Dumper, sort_keys=False, width=10_000, explicit_start=len(documents) > 1, allow_unicode=False
    )


class _Dumper(yaml.SafeDumper):
    """The safe dumper, with blocks, and lists indented as Kubernetes people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)
