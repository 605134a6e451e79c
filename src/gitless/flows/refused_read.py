"""What a dry run tells when it may not read the registry, as on a fork, where secrets are not."""

from __future__ import annotations

from dataclasses import replace

from gitless.errors import RemoteError
from gitless.model.component import PublishOptions
from gitless.model.results import ComponentResult

_REFUSED = (401, 403)


def without_channel(result: ComponentResult, options: PublishOptions, error: RemoteError) -> ComponentResult:
    """The result of a dry run that does not know what the channel names.

    Args:
        result: What was made, described without the channel.
        options: What the run was asked for.
        error: Why the channel could not be read.

    Raises:
        RemoteError: The run is to write, or the registry failed in another way than by refusing.
    """
    if not options.dry_run or error.status not in _REFUSED:
        raise error
    note = f"Nothing was written. What {options.channel} names may not be read, so it is taken as changed."
    return replace(result, changed=True, notes=(note, " ".join(str(error).split())))
