"""What a signing certificate says of the job: Fulcio's extensions 1.3.6.1.4.1.57264.1.x (fulcio docs/oid-info.md).

Nothing is verified here. A certificate that can be read in two ways is refused: several names, an issuer said twice and
differently, an extension that is no DER string, control characters.
"""

from __future__ import annotations

from cryptography import x509

from gitless.model.identity import Identity
from gitless.model.workload import EXTENSIONS, Workload
from gitless.verification.refused import RefusedError

_ARC = "1.3.6.1.4.1.57264.1."
_ISSUER, _ISSUER_V2 = 1, 8
_OTHER_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")
_UTF8_STRING = 0x0C
MAX_CERTIFICATE_BYTES = 64 * 1024
MAX_TEXT = 2048  # characters; ten times what the platforms write


def read_certificate(content: bytes) -> x509.Certificate:
    """Parse a DER certificate with its extensions.

    Raises:
        RefusedError: It is too long or malformed (bundle.2-certificate).
    """
    if len(content) > MAX_CERTIFICATE_BYTES:
        raise _refused("The certificate is too long.")
    try:
        certificate = x509.load_der_x509_certificate(content)
        len(certificate.extensions)  # parsed on first use, with errors of their own
    except Exception as error:  # a parser of hostile bytes: its errors have no common base
        raise _refused("The certificate is malformed.") from error
    return certificate


def claimed_identities(certificate: x509.Certificate) -> tuple[Identity, ...]:
    """Everybody the certificate could be said to name: where none of these is ours, it is somebody else's.

    Args:
        certificate: Parsed by `read_certificate`.

    Raises:
        RefusedError: It names nobody at all, or in no readable way (bundle.2-certificate).
    """
    names = _names(certificate)
    if not names:
        raise _refused("The certificate has no subject alternative name.")
    issuer = [*_issuers(_extensions(certificate)), ""][0]
    return tuple(Identity(issuer, name) for name in names)


def read_workload(certificate: x509.Certificate) -> Workload:
    """Read identity and job.

    Args:
        certificate: Parsed by `read_certificate`.

    Raises:
        RefusedError: It is no Fulcio certificate with one issuer and one name (bundle.2-certificate).
    """
    said = _extensions(certificate)
    issuers, names = _issuers(said), _names(certificate)
    if len(set(issuers)) != 1:
        raise _refused("The certificate names no issuer, or two.")
    if len(names) != 1:
        raise _refused(f"The certificate has {len(names)} subject alternative names; exactly one is expected.")
    return Workload(
        Identity(_checked(issuers[0], "issuer"), _checked(names[0], "subject alternative name")),
        **{name: _text(said[arc], arc) for name, arc in EXTENSIONS.items() if arc in said},
    )


def _extensions(certificate: x509.Certificate) -> dict[int, bytes]:
    found = {}
    for extension in certificate.extensions:
        name = extension.oid.dotted_string
        last = name.removeprefix(_ARC)
        if name.startswith(_ARC) and last.isdigit() and isinstance(extension.value, x509.UnrecognizedExtension):
            found[int(last)] = extension.value.value
    return found


def _issuers(said: dict[int, bytes]) -> list[str]:
    """The issuer in its new and in its old place; Flux takes whichever comes last in the certificate."""
    new = [_text(said[_ISSUER_V2], _ISSUER_V2)] if _ISSUER_V2 in said else []
    return [*new, *([_decoded(said[_ISSUER])] if _ISSUER in said else [])]


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []
    return [_name(name) for name in names]


def _name(name: x509.GeneralName) -> str:
    """A URI, an e-mail address, or Fulcio's own kind of user name; another kind is nobody a policy can name."""
    if isinstance(name, x509.UniformResourceIdentifier | x509.RFC822Name):
        return name.value
    if isinstance(name, x509.OtherName) and name.type_id == _OTHER_NAME:
        return _text(name.value, 7)
    return ""


def _text(content: bytes, arc: int) -> str:
    """A DER UTF8String in its shortest form, nothing behind it."""
    header = 2
    if len(content) < header or content[0] != _UTF8_STRING:
        raise _refused(f"Extension {_ARC}{arc} is no DER string.")
    length = content[1]
    if length & 0x80:
        header = 2 + (length & 0x7F)
        length = int.from_bytes(content[2:header], "big")
    if len(content) != header + length or content[:header] != _header(length):
        raise _refused(f"Extension {_ARC}{arc} is no DER string.")
    return _decoded(content[header:])


def _header(length: int) -> bytes:
    if length < 0x80:
        return bytes([_UTF8_STRING, length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([_UTF8_STRING, 0x80 | len(size)]) + size


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused("An extension of the certificate is no text.") from error


def _checked(text: str, what: str) -> str:
    if not text or len(text) > MAX_TEXT or not text.isprintable():
        raise _refused(f"The certificate's {what} is empty, too long or not printable.")
    return text


def _refused(what: str) -> RefusedError:
    return RefusedError("bundle.2-certificate", what)
