"""How often Python looks for objects that only refer to one another.

Belongs here: that one setting, for every process of a night. Does not: what memory is used for.
"""

from __future__ import annotations

import gc

_NEW_OBJECTS = 100_000
_LOOKS_AT_OLDER = 20


def collect_rarely() -> None:
    """Look a hundred times less often than Python does by itself.

    Dagster and dbt make hundreds of thousands of objects that stay, and going through all of them
    again and again was a tenth of a small night's processor time. Objects that nothing refers to
    are freed at once all the same; only circles wait.
    """
    gc.set_threshold(_NEW_OBJECTS, _LOOKS_AT_OLDER, _LOOKS_AT_OLDER)
