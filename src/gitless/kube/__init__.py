"""Looking into Kubernetes manifests: the one YAML loader, objects and the images they name. Changes nothing."""
