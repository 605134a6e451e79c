"""The tree whose Flux-made digests are known."""

from gitless.model.tree import MemoryTree

_CONFIG_MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\ndata:\n  domain: ${CLUSTER_DOMAIN}\n"
_KUSTOMIZATION = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - %s\n"

GOLDEN_TREE = MemoryTree(
    files={
        "base/cm.yaml": _CONFIG_MAP,
        "base/kustomization.yaml": _KUSTOMIZATION % b"cm.yaml",
        "production/kustomization.yaml": _KUSTOMIZATION % b"../base",
        "run.sh": b"#!/bin/sh\n",
    },
    executables=frozenset({"run.sh"}),
    folders=frozenset({"empty"}),
)
TAR_SHA256 = "32c88968362e58b74c9382892eb8c668aa54057630405ad57c9669e26568e9ab"
