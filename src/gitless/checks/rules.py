"""The names of the rules; waivers and scripts rely on them."""

PLAINTEXT_SECRET = "plaintext-secret"  # noqa: S105
PLAINTEXT_VALUE = "plaintext-value"
PLAINTEXT_ENV = "plaintext-env"
PLAINTEXT_GENERATOR = "plaintext-generator"
PRIVATE_KEY = "private-key"
DOCKER_CONFIG = "docker-config"
URL_PASSWORD = "url-password"  # noqa: S105
YAML_INVALID = "yaml-invalid"
UNSAFE_NAME = "unsafe-name"
TOO_LARGE = "too-large"

DEFAULT_PASSWORD = "default-password"  # noqa: S105

ADVICE = frozenset({DEFAULT_PASSWORD})  # said, and stops nothing
NEVER_WAIVED = frozenset({UNSAFE_NAME, TOO_LARGE})
