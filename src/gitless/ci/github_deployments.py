"""Tells GitHub what was delivered where: as a deployment of this run's commit, or as a commit status.

A job with `environment:` has a deployment already, which GitHub makes and closes itself: no second one is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gitless.ci.answers import Fields, Question
from gitless.ci.github_api import GitHubApi
from gitless.ci.writes import make_once
from gitless.model.delivery import Delivery
from gitless.model.run import CiRun

_DEPLOYMENTS, _STATUSES = "deployments: write", "statuses: write"
_MAX_WORDS = 140
_MAX_CONTEXT = 200
_MAX_LOOKED_AT = 30
_MAX_PAYLOAD = 64 * 1024


class GitHubDeployments:
    """Writes about the commit of one run.

    Args:
        api: The repository's API.
        run: The run.
    """

    def __init__(self, api: GitHubApi, run: CiRun) -> None:
        self._api, self._run = api, run

    def record(self, delivery: Delivery) -> None:
        """See to it that this run has one deployment for the environment; the platform's own is left as it is.

        Raises:
            GapError: This job may not write deployments.
            RemoteError: GitHub failed.
            UntrustedContentError: Its answers cannot be used.
        """
        found = make_once(lambda: self._own(delivery), lambda: self._make(delivery), self._api.pause)
        if _payload(found) == self._said(delivery):
            self._set_state(found.number("id"), delivery)

    def set_status(self, delivery: Delivery) -> None:
        """Set the commit's status for this verb and environment, unless it says the same already.

        Raises:
            GapError: This job may not write statuses.
            RemoteError: As for `record`.
            UntrustedContentError: As for `record`.
        """
        context = f"gitless/{delivery.verb}/{delivery.environment}"[:_MAX_CONTEXT]
        body = {"state": _state(delivery), "description": _words(delivery), "context": context}
        question = Question("set the commit's status", f"/statuses/{self._run.commit}", need=_STATUSES)

        def look() -> Fields | None:
            last = self._last_status(context)
            return last if last and all(last.text(name) == body[name] for name in ("state", "description")) else None

        def make() -> Fields:
            return self._api.send(question, "POST", {**body, "target_url": self._run.run_url})

        make_once(look, make, self._api.pause)

    def _last_status(self, context: str) -> Fields | None:
        """The newest status of a context; GitHub lists them newest first, and a context has no case."""

        def is_it(item: Fields) -> bool:
            return item.text("context").casefold() == context.casefold()

        path = f"/commits/{self._run.commit}/statuses"
        statuses = self._api.pages(Question("read the commit's statuses", path, need=_STATUSES), enough=is_it)
        return next(filter(is_it, statuses), None)

    # -- deployments ------------------------------------------------------------------------------------------

    def _own(self, delivery: Delivery) -> Fields | None:
        """The deployment that this run has in the environment: made by us, or by the platform for its job."""
        query = (("sha", self._run.commit), ("environment", delivery.environment))
        question = Question("read the environment's deployments", "/deployments", query, need=_DEPLOYMENTS)
        found = self._api.pages(question)
        ours = [item for item in found if _payload(item) == self._said(delivery)]
        others = [item for item in found if not _payload(item)]
        return next(iter(ours), None) or next(filter(self._is_of_a_job, others[:_MAX_LOOKED_AT]), None)

    def _said(self, delivery: Delivery) -> dict[str, Any]:
        return {"run": self._run.run_id, "verb": delivery.verb, "artifacts": dict(delivery.artifacts)}

    def _is_of_a_job(self, item: Fields) -> bool:
        """Whether one of its statuses leads to a job of this run."""
        prefix = f"{self._run.repository_url}/actions/runs/{self._run.run_id}/"
        addresses = [
            status.url(name) for status in self._states(item.number("id")) for name in ("log_url", "target_url")
        ]
        return any(f"{address}/".startswith(prefix) for address in addresses)

    def _make(self, delivery: Delivery) -> Fields:
        body = {
            "ref": self._run.commit,
            "environment": delivery.environment,
            "description": _words(delivery),
            "payload": {"gitless": self._said(delivery)},
            # without these two GitHub may merge a branch, or refuse for checks that are not ours to judge
            "auto_merge": False,
            "required_contexts": [],
        }
        return self._api.send(Question("make a deployment", "/deployments", need=_DEPLOYMENTS), "POST", body)

    def _set_state(self, number: int, delivery: Delivery) -> None:
        question = Question("set the deployment's state", _path(number), need=_DEPLOYMENTS)
        body = {"state": _state(delivery), "description": _words(delivery), "log_url": self._run.run_url}

        def look() -> Fields | None:
            last = next(iter(self._states(number)), None)
            return last if last and last.text("state") == body["state"] else None

        make_once(look, lambda: self._api.send(question, "POST", body), self._api.pause)

    def _states(self, number: int) -> list[Fields]:
        """The states of a deployment, newest first."""
        return self._api.pages(Question("read the deployment's states", _path(number), need=_DEPLOYMENTS))


def _path(number: int) -> str:
    return f"/deployments/{number}/statuses"


def _payload(item: Fields) -> Mapping[str, Any]:
    """What we wrote into a deployment; empty where somebody else made it."""
    value = item.values.get("payload")
    if isinstance(value, str) and len(value) <= _MAX_PAYLOAD:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    ours = value.get("gitless") if isinstance(value, dict) else None
    return ours if isinstance(ours, dict) else {}


def _state(delivery: Delivery) -> str:
    return "success" if delivery.ok else "failure"


def _words(delivery: Delivery) -> str:
    words = delivery.summary
    return words if len(words) <= _MAX_WORDS else f"{words[: _MAX_WORDS - 1]}…"
