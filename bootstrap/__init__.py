"""Brings gitless into a CI job: a private environment from hash-locked wheels, made once and atomically.

Standard library only. It believes no configuration of the workspace or of the home folder, runs nothing that is found
on a relative path, and writes only below RUNNER_TEMP or, outside of CI, below the system's folder for temporary files.
"""
