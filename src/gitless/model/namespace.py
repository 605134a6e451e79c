"""The one name under which gitless defines its own types: build types, builders and predicates."""

NAMESPACE = "https://gitless.dev"
PROMOTION = f"{NAMESPACE}/promotion/v1"
