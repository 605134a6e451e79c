"""Which channel publish may move, and which settings nothing stands behind yet."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from gitless.config.base import check_channel
from gitless.config.schema import Config
from gitless.config.trust import Signing
from gitless.errors import UsageError

_BUILT = ("publish", "verify", "inspect")


def check_publish_channel(config: Config, channel: str, branch: str | None) -> str:
    """Return the channel if publish may move it from this branch.

    Args:
        config: The configuration; without channels in it, every unreserved name is a channel of publish.
        channel: The channel's name.
        branch: The branch of this run; None where there is none (a tag, no Git).

    Raises:
        UsageError: The name is reserved or unknown, promote moves it, or it takes other branches only.
    """
    try:
        check_channel(channel)
    except ValueError as error:
        raise UsageError(f"publish will not move {channel[:80]!r}.", why=f"{error}.") from error
    if not config.channels:
        return channel
    rules = config.channels.get(channel)
    if rules is None:
        near = difflib.get_close_matches(channel, config.channels, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(config.channels))}."
        raise UsageError(f"gitless.yaml has no channel {channel}.", hint=hint)
    if rules.source:
        raise UsageError(
            f"publish will not move {channel}.",
            why=f"channels.{channel}.from says that it takes promotions from {rules.source} only.",
        )
    if rules.branches and branch not in rules.branches:
        seen = f"This run is on {branch[:100]!r}" if branch else "This run is on no branch"
        raise UsageError(
            f"publish will not move {channel}.",
            why=f"{seen}; channels.{channel}.branches allows {', '.join(rules.branches)}.",
            hint="Publish to a channel of its own with --channel, or from an allowed branch.",
        )
    return channel


def unbuilt(config: Config, verb: str) -> list[str]:
    """The settings a verb would need that are not built yet, each as `key: reason`; empty when it may run.

    What the verb does not look at (gates, while publishing) counts as read and checked, not as missing.
    """
    if verb not in _BUILT:
        return [f"{verb}: not built yet"]
    return list(_unbuilt_signing(config.signing) if config.signing else ())


def refuse_unbuilt(config: Config, verb: str) -> None:
    """Raise when `unbuilt` names something.

    Raises:
        UsageError: Lists the settings.
    """
    missing = unbuilt(config, verb)
    if missing:
        raise UsageError(
            f"{verb} cannot follow this configuration.",
            why="\n".join(missing),
            hint="Sign with signing: {method: key} and identities: {publish: {key: FILE}}.",
        )


def _unbuilt_signing(signing: Signing) -> Iterator[str]:
    if signing.method == "keyless":
        yield "signing.method: keyless is not built yet"
    if signing.timestamp:
        yield "signing.timestamp: not built yet"
    if signing.sigstore != "public":
        yield "signing.sigstore: not built yet"
