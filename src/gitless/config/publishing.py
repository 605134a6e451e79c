"""Which channel publish may move."""

from __future__ import annotations

import difflib

from gitless.config.base import check_channel
from gitless.config.schema import Config
from gitless.errors import UsageError


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
        hint = (
            f"Did you mean {near[0]}?"
            if near
            else f"Known are {', '.join(sorted(config.channels))}. To add it:\nchannels:\n  {channel}: {{}}"
        )
        raise UsageError(f"gitless.yaml has no channel {channel}.", hint=hint)
    if rules.source:
        raise UsageError(
            f"publish will not move {channel}.",
            why=f"channels.{channel}.from says that it takes promotions from {rules.source} only.",
            hint=f"Publish to {rules.source}, then run: gitless promote NAME --to {channel}",
        )
    if rules.branches and branch not in rules.branches:
        seen = f"This run is on {branch[:100]!r}" if branch else "This run is on no branch"
        raise UsageError(
            f"publish will not move {channel}.",
            why=f"{seen}; channels.{channel}.branches allows {', '.join(rules.branches)}.",
            hint="Publish to a channel of its own with --channel, or from an allowed branch.",
        )
    return channel
