"""Where in a vendor's record the fields lie that a user may name in `fields:`.

Belongs here: the declaration. Does not: reading them, which is done in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldPlaces:
    """The places to look for a field called by its name, in order.

    `objects` are names of objects at the top of a record ("" is the top itself);
    `id_value_lists` are lists of {id, value} at the top, of which the name is the id.
    """

    objects: tuple[str, ...] = ("",)
    id_value_lists: tuple[str, ...] = ()
