"""An RFC 3161 timestamp authority on paper: answers for any time, any bytes and any chain, true or false."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timezone

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.sigstore.authorities import Authority, der

POLICY = "1.3.6.1.4.1.57264.2"


class PaperTSA:
    """One authority.

    Args:
        signing: The certificate that signs timestamps, with its key.
    """

    def __init__(self, signing: Authority) -> None:
        self.signing = signing

    def stamp(
        self,
        message: bytes,
        at: datetime,
        *,
        imprint: bytes | None = None,
        nonce: int | None = None,
        with_certificate: bool = True,
        status: int = 0,
    ) -> bytes:
        """A TimeStampResp in DER.

        Args:
            message: What is stamped.
            at: The time it says.
            imprint: Another SHA-256 than the message's.
            nonce: The request's nonce, if it had one.
            with_certificate: Whether the signing certificate is inside.
            status: The PKIStatus; 0 is granted.
        """
        info = self._info(imprint or hashlib.sha256(message).digest(), at, nonce)
        token = cms.ContentInfo({"content_type": "signed_data", "content": self._signed(info, at, with_certificate)})
        answer = tsp.TimeStampResp({"status": {"status": status}, "time_stamp_token": token})
        encoded: bytes = answer.dump()
        return encoded

    def answer(self, query: bytes, at: datetime) -> bytes:
        """The response to a TimeStampReq in DER, as a server gives it.

        Raises:
            ValueError: The query is no SHA-256 time-stamp request.
        """
        request = tsp.TimeStampReq.load(query)
        imprint = request["message_imprint"]
        if imprint["hash_algorithm"]["algorithm"].native != "sha256":
            raise ValueError("only SHA-256 is stamped")
        digest = imprint["hashed_message"].native
        with_certificate = bool(request["cert_req"].native)
        return self.stamp(b"", at, imprint=digest, nonce=request["nonce"].native, with_certificate=with_certificate)

    def _info(self, digest: bytes, at: datetime, nonce: int | None) -> bytes:
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
        fields = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": tsp.MessageImprint(imprint),
            "serial_number": secrets.randbits(120),
            "gen_time": at.astimezone(timezone.utc).replace(microsecond=0),
            "accuracy": tsp.Accuracy({"seconds": 1}),
            **({"nonce": nonce} if nonce is not None else {}),
        }
        encoded: bytes = tsp.TSTInfo(fields).dump()
        return encoded

    def _signed(self, info: bytes, at: datetime, with_certificate: bool) -> cms.SignedData:
        attributes = self._attributes(info, at)
        signature = self.signing.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        certificate = self._certificate()
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": signature,
            }
        )
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
                **({"certificates": [certificate]} if with_certificate else {}),
                "signer_infos": [signer],
            }
        )

    def _attributes(self, info: bytes, at: datetime) -> cms.CMSAttributes:
        shown = {"cert_hash": hashlib.sha256(der(self.signing.certificate)).digest()}
        return cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "signing_time", "values": [cms.Time("utc_time", at.astimezone(timezone.utc))]},
                {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
                {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [shown]})]},
            ]
        )

    def _certificate(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(der(self.signing.certificate))
