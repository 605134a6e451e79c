"""What one repository of a registry lets us do, as doctor's looks; none of them leaves anything there."""

from __future__ import annotations

from gitless.model.checkup import Seen
from gitless.ports import RegistryTrial

_CREATED = "Nothing is to be done; the first publish makes the repository, where the registry allows it."


def look_at_channel(trial: RegistryTrial, channel: str) -> Seen:
    """Whether the repository can be read, and what the channel names.

    Raises:
        RemoteError: It cannot be read.
    """
    named = trial.resolve(channel)
    if named is None:
        return Seen("ok", f"It answers; there is no {channel} yet.")
    return Seen("ok", f"It answers; {channel} names sha256:{named.short}.")


def look_at_upload(trial: RegistryTrial, *, is_folder: bool = False) -> Seen:
    """Whether the repository takes uploads: one is started and cancelled; of a folder the system is asked.

    Args:
        trial: The repository.
        is_folder: Whether it is a layout on disk.

    Raises:
        RemoteError: It takes none.
    """
    kept = trial.try_upload()
    if kept:
        return Seen("note", f"An upload may be started. {kept} Nothing was sent in it; registries drop such uploads.")
    return Seen("ok", "This user may write there." if is_folder else "An upload was started and cancelled.")


def look_at_referrers(trial: RegistryTrial) -> Seen:
    """How the repository lists evidence.

    Raises:
        RemoteError: It does not say.
    """
    has_api = trial.has_referrers_api()
    if has_api is None:
        return Seen("note", "The repository does not exist yet, so how it lists evidence is not known.", _CREATED)
    if has_api:
        return Seen("ok", "Evidence is listed by the referrers API.")
    return Seen(
        "note", "There is no referrers API: evidence is listed under tags sha256-…, which Flux and cosign read."
    )
