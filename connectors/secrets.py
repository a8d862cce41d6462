"""Secrets: where a setting says to find one, and reading it there.

Belongs here: the two ways to name a secret (`$NAME`, `file:PATH`). Does not: keeping one; it is
resolved when a run needs it and never shown.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from connectors.errors import PermanentSourceError

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_FILE = "file:"


def is_reference(value: str) -> bool:
    """Whether the whole value says where a secret is: `$NAME` or `file:PATH`."""
    return bool(_VARIABLE.fullmatch(value)) or (value.startswith(_FILE) and len(value) > len(_FILE))


def resolve(value: str, where: str, base_dir: Path = Path()) -> str:
    """The secret that `value` refers to.

    `where` is the key in `sources.yaml`, for messages. A relative PATH is relative to `base_dir`,
    the folder of `sources.yaml`. Raises `PermanentSourceError`, which never shows a secret.
    """
    if not is_reference(value):
        raise PermanentSourceError(
            f"{where}: a secret cannot be written here; put it into an environment variable and "
            "write $NAME, or into a file and write file:PATH"
        )
    if match := _VARIABLE.fullmatch(value):
        return _from_environment(match[1], where)
    return _from_file(_path(value, base_dir), where)


def file_of(value: str, base_dir: Path = Path()) -> Path | None:
    """The file that `value` names, if it names one."""
    return _path(value, base_dir) if value.startswith(_FILE) else None


def _path(value: str, base_dir: Path) -> Path:
    return base_dir / Path(value.removeprefix(_FILE)).expanduser()


def _from_environment(name: str, where: str) -> str:
    secret = os.environ.get(name, "").strip()
    if not secret:
        state = "empty" if name in os.environ else "not set"
        raise PermanentSourceError(
            f"{where}: the environment variable {name} is {state}; set it for the process that "
            "runs the pipeline"
        )
    return secret


def _from_file(path: Path, where: str) -> str:
    try:
        secret = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise PermanentSourceError(
            f"{where}: the file {path} cannot be read ({error.strerror}); check its name and "
            "its permissions"
        ) from None
    except UnicodeDecodeError:
        raise PermanentSourceError(
            f"{where}: the file {path} is not text; it must hold the secret and nothing else"
        ) from None
    if not secret:
        raise PermanentSourceError(f"{where}: the file {path} is empty; put the secret into it")
    return secret
