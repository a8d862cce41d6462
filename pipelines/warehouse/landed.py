"""That landing still holds what was landed.

Belongs here: comparing a batch's files with its manifest. Does not: reading their records.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from connectors.manifest import LandingError, Manifest


def require_unaltered(landing: Path, manifest: Manifest) -> None:
    """Raise `LandingError`, naming the file, if one is gone or has other bytes than it had."""
    files = list(zip(manifest.part_paths(landing), manifest.parts, strict=True))
    rejected = manifest.rejected_path(landing)
    if rejected is not None and manifest.rejected_file is not None:
        files.append((rejected, manifest.rejected_file))
    for path, part in files:
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise LandingError(
                f"{path} cannot be read ({error.strerror}), though its batch was landed: restore "
                "it from a backup."
            ) from error
        if digest != part.sha256:
            raise LandingError(
                f"{path} was altered after landing: its bytes are not those that its manifest "
                "describes. Restore it from a backup."
            )
