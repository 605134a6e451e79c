"""Files of a TUF repository, read by the TUF client workflow with our own limits (TUF specification 1.0, section 5).

Nothing is kept between runs: the walk starts at the root that came with sigstore, whose later versions it verifies.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from tuf.api.exceptions import DownloadError, DownloadHTTPError, DownloadLengthMismatchError, RepositoryError
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from gitless.errors import GitlessError, RemoteError, UntrustedContentError
from gitless.web.patience import Deadline
from gitless.web.session import Request, Session

_DOING = "read Sigstore's TUF repository"
_ABSENT = (403, 404)  # what storage behind TUF repositories answers for the root version that is not there yet


class UnreachableError(RemoteError):
    """The repository could not be read now; what is known already may still serve."""


def read_targets(
    url: str, root: bytes, names: Sequence[str], session: Session, known: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """Read verified files.

    Args:
        url: The repository's address.
        root: A root.json that is trusted already.
        names: The files to read.
        session: Sends the requests; all of them share one of its deadlines.
        known: Files that need no reading where the repository names the same bytes.

    Raises:
        UnreachableError: The repository did not answer in time, or not with a file.
        UntrustedContentError: What it answered does not verify.
    """
    with tempfile.TemporaryDirectory(prefix="gitless-tuf-") as home:
        metadata, targets = Path(home, "metadata"), Path(home, "targets")
        metadata.mkdir()
        targets.mkdir()
        for name, content in (known or {}).items():
            (targets / quote(name, safe="")).write_bytes(content)
        try:
            updater = Updater(
                str(metadata),
                url,
                str(targets),
                f"{url.rstrip('/')}/targets/",
                _Fetcher(session, session.patience.deadline()),
                bootstrap=root,
            )
            return {name: _read_target(updater, name) for name in names}
        except (RepositoryError, DownloadLengthMismatchError) as error:
            raise UntrustedContentError(
                f"Cannot {_DOING}.",
                why=f"Its metadata does not verify: {str(error)[:200]}",
                hint="If this machine's clock is right, try again later.",
            ) from error
        except DownloadError as error:
            raise _unreachable(error) from error


def _read_target(updater: Updater, name: str) -> bytes:
    info = updater.get_targetinfo(name)
    if info is None:
        raise UntrustedContentError(f"Cannot {_DOING}.", why=f"It has no {name}.")
    path = updater.find_cached_target(info) or updater.download_target(info)
    return Path(path).read_bytes()


def _unreachable(error: DownloadError) -> UnreachableError:
    cause = error.__cause__
    why = cause.why if isinstance(cause, GitlessError) else str(error)[:200]
    return UnreachableError(f"Cannot {_DOING}.", why=why, temporary=True)


class _Fetcher(FetcherInterface):
    def __init__(self, session: Session, deadline: Deadline) -> None:
        self._session, self._deadline = session, deadline

    def _fetch(self, url: str) -> Iterator[bytes]:
        request = Request(_DOING, "GET", url, accept=(200, *_ABSENT), max_bytes=8 * 1024 * 1024)
        answer = self._session.send(request, self._deadline)
        if answer.status != 200:
            raise DownloadHTTPError(f"it answered {answer.status}", answer.status)
        return iter([answer.body])
