"""What is published in the benchmarks: small components as teams have them, and one large tree."""

from __future__ import annotations

import random
from pathlib import Path

_MANIFESTS = {
    "deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {name}
      containers:
        - name: app
          image: ghcr.io/acme/{name}:1.4.2
          ports: [{{name: http, containerPort: 8080}}]
          env: [{{name: REVISION, value: "{mark}"}}, {{name: CLUSTER, value: "${{CLUSTER}}"}}]
          resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{memory: 128Mi}}}}
          readinessProbe: {{httpGet: {{path: /ready, port: http}}}}
""",
    "service.yaml": """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80, targetPort: http}}]}}
""",
    "account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}}}\n",
    "config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{mark: '{mark}'}}\n",
    "budget.yaml": """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: {name}}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: {name}}}}}}}
""",
    "kustomization.yaml": """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deployment.yaml, service.yaml, account.yaml, config.yaml, budget.yaml]
""",
}


def write_component(folder: Path, name: str, mark: str) -> None:
    """Six manifests of one small service; another mark makes another content."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in _MANIFESTS.items():
        (folder / file).write_text(text.format(name=name, mark=mark))


def write_large_tree(folder: Path, files: int = 1000, size: int = 50 * 1024) -> None:
    """About 50 MB in 1,000 ConfigMaps, of text that hardly compresses."""
    words = random.Random(1)
    folder.mkdir(parents=True)
    for number in range(files):
        lines = [f"    {words.getrandbits(360):x}" for _ in range(size // 95)]
        head = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large-{number}\ndata:\n  text: |\n"
        (folder / f"large-{number:04}.yaml").write_text(head + "\n".join(lines) + "\n")
