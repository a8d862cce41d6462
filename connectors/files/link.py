"""Fetching the CSV export of a sheet by its link.

Belongs here: one download, and what its failure means. Does not: reading what was fetched.
The query of a link may be a secret, so messages and tracebacks hold its host and path alone.
"""

from __future__ import annotations

from pathlib import Path

import requests

from connectors.errors import PermanentSourceError, SourceError, TransientSourceError
from connectors.files.names import link_label

_TIMEOUTS = (5, 60)
_BLOCK = 64 * 1024
_TOO_MANY_REQUESTS = 429
_REQUEST_TIMEOUT = 408


def download(link: str, to: Path) -> None:
    """Write what `link` answers to the file `to`. Raises SourceError."""
    label = link_label(link)
    try:
        with requests.get(link, stream=True, timeout=_TIMEOUTS) as answer:
            _refuse_unusable(answer, label)
            with to.open("wb") as stream:
                for block in answer.iter_content(_BLOCK):
                    stream.write(block)
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
        raise PermanentSourceError(
            f"the link to {label} is not valid; copy it again into sources.yaml"
        ) from None
    except requests.RequestException as error:
        # The library's own words repeat the whole link.
        raise TransientSourceError(
            f"{label} could not be fetched ({type(error).__name__}); it will be tried again. "
            "If this lasts, open the link in a browser on this machine."
        ) from None


def _refuse_unusable(answer: requests.Response, label: str) -> None:
    status = answer.status_code
    if status >= 500 or status in (_TOO_MANY_REQUESTS, _REQUEST_TIMEOUT):
        raise TransientSourceError(f"{label} answered {status}; it will be tried again")
    if not answer.ok:
        raise _permanent(f"{label} answered {status}")
    if answer.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise _permanent(f"{label} answered with a web page, not with CSV")


def _permanent(what: str) -> SourceError:
    return PermanentSourceError(
        f"{what}. Check that the sheet is shared with whoever has the link, and that the link in "
        "sources.yaml is the one of its CSV export."
    )
