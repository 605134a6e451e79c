"""What Fulcio writes into a certificate for a job's claims: the subject and the extensions 1.3.6.1.4.1.57264.1.n.

As the public instance's configuration has it (fulcio v1.8.8, config/identity/config.yaml).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

ARC = "1.3.6.1.4.1.57264.1"
LAST_RAW = 6
"""Extensions up to this number hold their text as it is; the later ones hold a DER UTF8String."""


@dataclass(frozen=True)
class Identity:
    """The subject of a certificate, and its extensions by their number."""

    subject: str
    values: Mapping[int, str]

    @classmethod
    def from_github(cls, claims: Mapping[str, str | int]) -> Identity:
        """For a GitHub job."""
        say = {name: str(value) for name, value in claims.items()}
        server, job = "https://github.com", f"https://github.com/{say['job_workflow_ref']}"
        repository = f"{server}/{say['repository']}"
        values = {
            **dict(enumerate((say[name] for name in ("iss", "event_name", "sha", "workflow", "repository", "ref")), 1)),
            8: say["iss"],
            9: job,
            10: say["job_workflow_sha"],
            11: say["runner_environment"],
            12: repository,
            13: say["sha"],
            14: say["ref"],
            15: say["repository_id"],
            16: f"{server}/{say['repository_owner']}",
            17: say["repository_owner_id"],
            18: f"{server}/{say['workflow_ref']}",
            19: say["workflow_sha"],
            20: say["event_name"],
            21: f"{repository}/actions/runs/{say['run_id']}/attempts/{say['run_attempt']}",
            22: say["repository_visibility"],
            23: say.get("environment", ""),
            24: say["sub"],
        }
        return cls(job, {number: value for number, value in values.items() if value})

    @classmethod
    def from_gitlab(cls, claims: Mapping[str, str | int], server: str = "https://gitlab.com") -> Identity:
        """For a GitLab job."""
        say = {name: str(value) for name, value in claims.items()}
        configuration, project = f"https://{say['ci_config_ref_uri']}", f"{server}/{say['project_path']}"
        kind = "heads" if say["ref_type"] == "branch" else "tags"
        values = {
            1: say["iss"],
            8: say["iss"],
            9: configuration,
            10: say["ci_config_sha"],
            11: say["runner_environment"],
            12: project,
            13: say["sha"],
            14: f"refs/{kind}/{say['ref']}",
            15: say["project_id"],
            16: f"{server}/{say['namespace_path']}",
            17: say["namespace_id"],
            18: configuration,
            19: say["ci_config_sha"],
            20: say["pipeline_source"],
            21: f"{project}/-/jobs/{say['job_id']}",
            22: say["project_visibility"],
            23: say.get("environment", ""),
            24: say["sub"],
        }
        return cls(configuration, {number: value for number, value in values.items() if value})

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Identity:
        """What a certificate says; for one with a single URI as its subject."""
        (subject,) = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert isinstance(subject, x509.UniformResourceIdentifier)
        values = {}
        for extension in certificate.extensions:
            arc, _, number = extension.oid.dotted_string.rpartition(".")
            if arc == ARC:
                assert isinstance(extension.value, x509.UnrecognizedExtension)
                values[int(number)] = _text(int(number), extension.value.value)
        return cls(subject.value, dict(sorted(values.items())))

    def extensions(self) -> list[x509.UnrecognizedExtension]:
        """The extensions in the order of their numbers."""
        return [
            x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{ARC}.{number}"), _content(number, value))
            for number, value in sorted(self.values.items())
        ]


def _content(number: int, text: str) -> bytes:
    content = text.encode()
    if number <= LAST_RAW:
        return content
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x82, *size.to_bytes(2, "big")])
    # The shortest form, as DER wants it.
    length = bytes([0x81, size]) if 0x80 <= size < 0x100 else length
    return b"\x0c" + length + content


def _text(number: int, content: bytes) -> str:
    if number <= LAST_RAW:
        return content.decode()
    text = content[2 if content[1] < 0x80 else 2 + (content[1] & 0x7F) :].decode()
    assert _content(number, text) == content, f"extension {number} is not a DER UTF8String"
    return text
