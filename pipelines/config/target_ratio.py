"""The one thing that cannot be configured: how many accounts a CSM should have.

Belongs here: recognising such a key anywhere, and saying why it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipelines.config.errors import Fault, KeyPath

REASON = (
    "a target ratio cannot be set: accounts per CSM are a result of tiers, standards, tooling "
    "and time. Set standards and capacity: the ratio that they imply follows"
)
_PER_PERSON = re.compile(r"(accounts|customers|clients)_per_(csm|fte)")


def target_ratio_faults(data: Any, path: KeyPath = ()) -> Iterator[Fault]:
    """A fault for every key, at any depth, that sets a target ratio."""
    if isinstance(data, dict):
        for key, value in data.items():
            if sets_target_ratio(key):
                yield Fault((*path, key), REASON)
            else:
                yield from target_ratio_faults(value, (*path, key))
    elif isinstance(data, list):
        for position, item in enumerate(data):
            yield from target_ratio_faults(item, (*path, position))


def sets_target_ratio(key: str) -> bool:
    """Whether a key's name says that it sets how many accounts a CSM should have."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+", "_", key).lower()
    words = set(name.split("_"))
    return (
        {"target", "ratio"} <= words or {"csm", "ratio"} <= words or bool(_PER_PERSON.search(name))
    )
