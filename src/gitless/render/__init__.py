"""The only room that runs helm and kustomize."""
