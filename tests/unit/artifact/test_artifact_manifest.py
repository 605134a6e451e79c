from gitless.artifact.manifest import CONFIG_BLOB, CONFIG_BYTES, EMPTY_BLOB, build_manifest, build_referrer
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT, OCI_MANIFEST

LAYER = Descriptor(FLUX_CONTENT, Digest("387b2e80e8b0c64e48c1f91c5542b9778bd9643bf51ddf6b61265dd1e795793b"), 389)
ARTIFACT = (
    b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
    b'"config":{"mediaType":"application/vnd.cncf.flux.config.v1+json","size":115,'
    b'"digest":"sha256:5b943e2b943f6c81dbbd4e2eca5121f4fcc39139e3d1219d6d89bd925b77d9fe"},'
    b'"layers":[{"mediaType":"application/vnd.cncf.flux.content.v1.tar+gzip","size":389,'
    b'"digest":"sha256:387b2e80e8b0c64e48c1f91c5542b9778bd9643bf51ddf6b61265dd1e795793b"}],'
    b'"annotations":{"org.opencontainers.image.created":"1970-01-01T00:00:00Z",'
    b'"org.opencontainers.image.revision":"main@sha1:abc\\u003c\\u0026\\u003e",'
    b'"org.opencontainers.image.source":"https://github.com/o/r"}}'
)
REFERRER = (
    b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
    b'"config":{"mediaType":"application/vnd.oci.empty.v1+json","size":2,'
    b'"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",'
    b'"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json"},'
    b'"layers":[{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","size":7,'
    b'"digest":"%s"}],'
    b'"annotations":{"dev.sigstore.bundle.content":"dsse-envelope",'
    b'"dev.sigstore.bundle.predicateType":"https://sigstore.dev/cosign/sign/v1",'
    b'"org.opencontainers.image.created":"2026-11-21T04:58:54Z"},'
    b'"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":606,'
    b'"digest":"sha256:cef2718be6b2d72d75104c243378f7ab2b6ecd68f7ce3e7c5ebabb1bd5875758"},'
    b'"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json"}'
)


def golden_manifest():
    return build_manifest(
        LAYER,
        {
            "org.opencontainers.image.source": "https://github.com/o/r",
            "org.opencontainers.image.revision": "main@sha1:abc<&>",
            "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
        },
    )


def test_the_config_is_the_constant_flux_writes():
    assert len(CONFIG_BYTES) == 115
    assert CONFIG_BLOB.descriptor.digest.hex == "5b943e2b943f6c81dbbd4e2eca5121f4fcc39139e3d1219d6d89bd925b77d9fe"
    with CONFIG_BLOB.open() as file:
        assert file.read() == CONFIG_BYTES


def test_the_manifest_has_the_bytes_flux_writes():
    manifest = golden_manifest()
    assert manifest.content == ARTIFACT
    assert manifest.descriptor == Descriptor(
        OCI_MANIFEST, Digest("cef2718be6b2d72d75104c243378f7ab2b6ecd68f7ce3e7c5ebabb1bd5875758"), 606
    )


def test_the_referrer_has_the_bytes_cosign_writes():
    bundle = b'{"a":1}'
    referrer = build_referrer(
        bundle,
        "https://sigstore.dev/cosign/sign/v1",
        golden_manifest().descriptor,
        "2026-11-21T04:58:54Z",
    )
    assert referrer.content == REFERRER % str(Digest.of(bundle)).encode()
    assert referrer.subject == golden_manifest().descriptor
    assert referrer.config == Descriptor(
        EMPTY_BLOB.descriptor.media_type, EMPTY_BLOB.descriptor.digest, 2, referrer.artifact_type
    )
