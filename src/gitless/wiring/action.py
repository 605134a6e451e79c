"""The actions: from a step's inputs to a verb's request. What an input says is checked before anything is done."""

from __future__ import annotations

from dataclasses import replace

from gitless.ci.event import Event
from gitless.config.annotations import check_annotations
from gitless.config.inputs import Inputs
from gitless.errors import UsageError
from gitless.model.component import DEFAULT_CHANNEL
from gitless.model.reference import Location
from gitless.promotion.tags import is_release
from gitless.wiring.request import PublishRequest
from gitless.wiring.tell import Asked

_PROVIDERS = ("generic", "aws", "azure", "gcp")
FOREIGN = (
    "This {} comes from a fork or from Dependabot: nothing is pushed or signed. What would be done is in the job's "
    "summary."
)
_OWN = (
    "This is a {}, and no channel of its own is named: nothing is pushed or signed. What would be published is in the "
    "job's summary."
)
_PROMOTED = ("latest-stable", "stable")  # what D2's release workflow moves


def publish_request(inputs: Inputs) -> PublishRequest:
    """What the publish action asks for, with the input names of the D2 push action beside ours.

    Raises:
        UsageError: An input is not valid, or two of them contradict each other.
    """
    repository, path = inputs.text("repository"), inputs.text("path")
    channel, tags = _channel_and_tags(inputs, is_d2=repository is not None)
    inputs.choice("provider", _PROVIDERS)  # credentials come from docker's file and its helpers, whatever it says
    request = PublishRequest(
        names=inputs.words("components"),
        config=inputs.text("config"),
        path=path,
        name=inputs.text("name"),
        registry=inputs.text("registry"),
        channel=channel,
        tags=tags,
        signing_key=key_place(inputs),
        dry_run=inputs.flag("dry-run"),
        rewritten_history=inputs.text("rewritten-history") or "",
        ignore=inputs.lines("ignore-paths"),
        annotations=check_annotations(inputs.pairs("annotations")),
    )
    return _in_repository(request, repository) if repository else request


def publish_asked(inputs: Inputs, request: PublishRequest) -> Asked:
    """What else the platform is to be told: one comment for whatever a matrix may vary.

    Raises:
        UsageError: An input is not valid.
    """
    parts = (request.channel, request.config, request.registry, request.repository, request.path, *request.names)
    return Asked("publish", " ".join(filter(None, parts)), comment=inputs.flag("comment"))


def guard(request: PublishRequest, event: Event, *, allows_privileged: bool) -> tuple[PublishRequest, str]:
    """Keep a run that serves a stranger's content from pushing and signing.

    Args:
        request: What was asked for.
        event: What started the job.
        allows_privileged: The workflow's author says that the checkout is not a stranger's.

    Returns:
        The request, a dry run for pull requests from forks, and a sentence that says so; empty where all is as asked.

    Raises:
        UsageError: The job has the repository's rights, for an event that strangers start.
    """
    if event.change:
        return _proposed(request, event)
    if not request.dry_run:
        check_event(event, "publish", allows_privileged=allows_privileged)
    return request, ""


def _proposed(request: PublishRequest, event: Event) -> tuple[PublishRequest, str]:
    """A dry run, judged for the branch it goes to, unless it may write and names a channel of its own."""
    if request.dry_run:
        return replace(request, branch=event.base), ""
    if event.is_foreign:
        return replace(request, dry_run=True, branch=event.base), FOREIGN.format(event.change)
    if request.channel is None:
        # its merge commit is newer than the base branch: the default channel would take what nobody has merged
        return replace(request, dry_run=True, branch=event.base), _OWN.format(event.change)
    return request, ""


def check_event(event: Event, verb: str, *, allows_privileged: bool) -> None:
    """Refuse to write on an event that strangers start and that has the repository's rights.

    Raises:
        UsageError: It is one, and the workflow's author has not said that nothing of a stranger's is checked out.
    """
    if event.is_privileged and not allows_privileged:
        raise UsageError(
            f"{verb} does not push or sign on {event.name}.",
            why="Such a run has the repository's rights and may have a stranger's content checked out.",
            hint="Run it on push. If the workflow checks out nothing of the pull request, say so with:\n"
            "  with:\n    allow-privileged-event: true",
        )


def key_place(inputs: Inputs) -> str | None:
    """Where the private key is.

    Raises:
        UsageError: It is not a place but a key.
    """
    if "-----BEGIN" in "\n".join(inputs.lines("signing-key")):
        raise UsageError(
            "The input 'signing-key' holds a key itself.",
            why="It takes the key's place, so that the key stands in no workflow file and no log.",
            hint="with:\n  signing-key: env://COSIGN_KEY\nenv:\n  COSIGN_KEY: ${{ secrets.COSIGN_KEY }}",
        )
    return inputs.text("signing-key")


def _channel_and_tags(inputs: Inputs, *, is_d2: bool) -> tuple[str | None, tuple[str, ...]]:
    """D2's push action writes to diff-tag, else to the first tag; `channel` is ours for the same thing."""
    own, tags = inputs.text("channel"), inputs.words("tags")
    theirs = inputs.text("diff-tag")
    if own and theirs and own != theirs:
        raise UsageError("The inputs 'channel' and 'diff-tag' contradict each other.", hint="Give one of them.")
    channel = own or theirs
    if theirs and (theirs in _PROMOTED or is_release(theirs)):
        raise _promotion("diff-tag", theirs, inputs)
    if releases := [tag for tag in tags if is_release(tag)]:
        raise _promotion("tags", releases[0], inputs)
    if channel is None and is_d2 and tags:
        channel = tags[0]
    return channel, tuple(dict.fromkeys(tag for tag in tags if tag != (channel or DEFAULT_CHANNEL)))


def _promotion(name: str, tag: str, inputs: Inputs) -> UsageError:
    action = (
        "In this workflow use actions/promote of the same repository in place of this step:\n"
        "  uses: OWNER/gitless/actions/promote@v1\n  with:\n    components: NAME\n    to: stable"
    )
    component = "Include the component promote of the same project:\n  inputs:\n    components: NAME\n    to: stable"
    return UsageError(
        f"The publish {'component' if inputs.is_gitlab else 'action'} does not move {tag!r}, which {name!r} names.",
        why="Releases and stable channels are made by promotion, from an artifact that was published before.",
        hint=component if inputs.is_gitlab else action,
    )


def _in_repository(request: PublishRequest, repository: str) -> PublishRequest:
    if request.registry or request.names:
        raise UsageError(
            "The input 'repository' stands alone.",
            why="It names the repository of one folder; 'registry' and 'components' are for those of gitless.yaml.",
            hint="Give repository and path, or registry and components.",
        )
    location = Location.parse(repository)
    name = request.name or location.base_name
    return replace(request, repository=repository, path=request.path or ".", name=name)
