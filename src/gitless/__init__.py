"""gitless: the CI half of Gitless GitOps, as one library behind a command line.

The package publishes Kubernetes configuration as signed, described and verified OCI artifacts for Flux.
It never talks to a cluster.
"""

__version__ = "0.1.0"
