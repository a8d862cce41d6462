"""What a made-up firm is made from.

Belongs here: its parameters. Does not: what follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Settings:
    """The same settings always make the same firm.

    `accounts` is how many customers it ever had (about 5 to 100,000). `history_from` is the first
    day of its records, `until` the last day that is told: later than any day that shall be
    "today", so that time can pass.
    """

    seed: int = 7
    accounts: int = 1_200
    history_from: date = date(2023, 7, 1)
    until: date = date(2026, 12, 31)
