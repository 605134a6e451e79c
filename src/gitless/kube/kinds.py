"""Which kinds gitless knows, and where each of them names images.

A kind that is not in these tables may hide images anywhere, so files that hold one are never called complete.
"""

from __future__ import annotations

from gitless.kube.pointers import ANY, Steps

_BUILT_IN_GROUPS = frozenset({
    "", "apps", "autoscaling", "batch", "policy", "extensions",
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io",
    "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
    "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io",
    "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
})  # fmt: skip
_IMAGELESS_GROUPS = frozenset({
    "kustomize.config.k8s.io", "gateway.networking.k8s.io", "cert-manager.io", "acme.cert-manager.io",
    "external-secrets.io", "bitnami.com", "snapshot.storage.k8s.io", "metrics.k8s.io",
    "source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io",
})  # fmt: skip
_IMAGELESS_KINDS = frozenset({
    ("monitoring.coreos.com", "ServiceMonitor"), ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "PrometheusRule"), ("monitoring.coreos.com", "Probe"),
    ("monitoring.coreos.com", "ScrapeConfig"), ("monitoring.coreos.com", "AlertmanagerConfig"),
    ("fluxcd.controlplane.io", "ResourceSet"),
})  # fmt: skip
_OPERATED = frozenset({
    ("monitoring.coreos.com", "Prometheus"), ("monitoring.coreos.com", "PrometheusAgent"),
    ("monitoring.coreos.com", "Alertmanager"), ("monitoring.coreos.com", "ThanosRuler"),
    ("fluxcd.controlplane.io", "FluxInstance"), ("serving.knative.dev", "Service"),
    ("tekton.dev", "Task"), ("tekton.dev", "ClusterTask"),
    ("argoproj.io", "Workflow"), ("argoproj.io", "WorkflowTemplate"),
    ("argoproj.io", "ClusterWorkflowTemplate"), ("argoproj.io", "CronWorkflow"),
    ("pkg.crossplane.io", "Provider"), ("pkg.crossplane.io", "Function"),
    ("pkg.crossplane.io", "Configuration"),
})  # fmt: skip
_TEMPLATED: dict[tuple[str, str], Steps] = {
    ("", "Pod"): ("spec",),
    ("", "PodTemplate"): ("template", "spec"),
    ("", "ReplicationController"): ("spec", "template", "spec"),
    ("apps", "Deployment"): ("spec", "template", "spec"),
    ("apps", "DaemonSet"): ("spec", "template", "spec"),
    ("apps", "StatefulSet"): ("spec", "template", "spec"),
    ("apps", "ReplicaSet"): ("spec", "template", "spec"),
    ("batch", "Job"): ("spec", "template", "spec"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
    ("serving.knative.dev", "Service"): ("spec", "template", "spec"),
    ("argoproj.io", "Rollout"): ("spec", "template", "spec"),
}
_IN_POD: tuple[Steps, ...] = (
    ("containers", ANY, "image"),
    ("initContainers", ANY, "image"),
    ("ephemeralContainers", ANY, "image"),
    ("volumes", ANY, "image", "reference"),
)
_PROMETHEUS: tuple[Steps, ...] = (("spec", "image"), ("spec", "thanos", "image"))
_TEKTON: tuple[Steps, ...] = (
    ("spec", "steps", ANY, "image"),
    ("spec", "sidecars", ANY, "image"),
    ("spec", "stepTemplate", "image"),
)
_ARGO: tuple[Steps, ...] = (
    ("spec", "templates", ANY, "container", "image"),
    ("spec", "templates", ANY, "script", "image"),
    ("spec", "templates", ANY, "initContainers", ANY, "image"),
    ("spec", "templates", ANY, "sidecars", ANY, "image"),
    ("spec", "templates", ANY, "containerSet", "containers", ANY, "image"),
)
_RULES: dict[tuple[str, str], tuple[Steps, ...]] = {
    ("monitoring.coreos.com", "Prometheus"): _PROMETHEUS,
    ("monitoring.coreos.com", "PrometheusAgent"): _PROMETHEUS,
    ("monitoring.coreos.com", "ThanosRuler"): _PROMETHEUS,
    ("monitoring.coreos.com", "Alertmanager"): _PROMETHEUS,
    ("tekton.dev", "Task"): _TEKTON,
    ("tekton.dev", "ClusterTask"): _TEKTON,
    ("argoproj.io", "Workflow"): _ARGO,
    ("argoproj.io", "WorkflowTemplate"): _ARGO,
    ("argoproj.io", "ClusterWorkflowTemplate"): _ARGO,
    ("argoproj.io", "CronWorkflow"): tuple(("spec", "workflowSpec", *rule[1:]) for rule in _ARGO),
    ("pkg.crossplane.io", "Provider"): (("spec", "package"),),
    ("pkg.crossplane.io", "Function"): (("spec", "package"),),
    ("pkg.crossplane.io", "Configuration"): (("spec", "package"),),
}
# what stands under `image` here is no image that runs: a schema, or the repository an image policy scans
_NAMES_NO_IMAGE = frozenset({
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("image.toolkit.fluxcd.io", "ImageRepository"),
})  # fmt: skip


def group_of(api_version: str) -> str:
    """The API group of an `apiVersion`; empty for the core group."""
    group, slash, _ = api_version.rpartition("/")
    return group if slash else ""


def is_known(group: str, kind: str) -> bool:
    """Whether every place where objects of this kind name something outside is in gitless's tables."""
    return (
        group in _BUILT_IN_GROUPS
        or group in _IMAGELESS_GROUPS
        or (group, kind) in _IMAGELESS_KINDS
        or (group, kind) in _TEMPLATED
        or (group, kind) in _RULES
        or (group, kind) in _OPERATED
    )


def is_operated(group: str, kind: str) -> bool:
    """Whether an operator adds images to what the object says, which only the operator's version tells."""
    return (group, kind) in _OPERATED


def names_images(group: str, kind: str) -> bool:
    """Whether an `image` key in objects of this kind means an image that runs."""
    return (group, kind) not in _NAMES_NO_IMAGE


def pod_rules(group: str, kind: str) -> tuple[Steps, ...]:
    """Places of images in the pod spec of a workload; none for other kinds."""
    pod = _TEMPLATED.get((group, kind))
    return () if pod is None else tuple((*pod, *rule) for rule in _IN_POD)


def kind_rules(group: str, kind: str) -> tuple[Steps, ...]:
    """Places of images in custom kinds whose API defines them."""
    return _RULES.get((group, kind), ())
