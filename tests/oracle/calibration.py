"""How well a score told which renewals were lost: 3.8, HM7 to HM10.

Belongs here: AUC and its interval, Brier's score, precision and recall of red, the verdict. Does
not: scores, or what became of a renewal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from oracle.coverage import CLUSTERS, REPLICATES, TAIL, scrambled

PLACE = {"green": 3.0, "yellow": 2.0, "red": 1.0}


@dataclass(frozen=True)
class Judged:
    """A renewal of which it is known what became of it, and the score some days before."""

    account_id: str
    is_lost: bool
    score: float
    band: str


def auc(kept: Sequence[float], lost: Sequence[float]) -> float | None:
    """How often a kept one scored above a lost one, ties half; None without both."""
    if not kept or not lost:
        return None
    wins = sum((one > other) + 0.5 * (one == other) for one in kept for other in lost)
    return wins / (len(kept) * len(lost))


def of_scores(rows: Sequence[Judged]) -> float | None:
    """AUC of the scores."""
    return auc([r.score for r in rows if not r.is_lost], [r.score for r in rows if r.is_lost])


def of_bands(rows: Sequence[Judged]) -> float | None:
    """AUC of the colours alone."""
    places = [(PLACE[row.band], row.is_lost) for row in rows]
    return auc([p for p, lost in places if not lost], [p for p, lost in places if lost])


def brier(rows: Sequence[Judged]) -> float | None:
    """Mean squared error of the score read as the chance to keep."""
    errors = [(row.score / 100 - (not row.is_lost)) ** 2 for row in rows]
    return sum(errors) / len(errors) if errors else None


def interval(rows: Sequence[Judged], cell: str) -> tuple[float | None, float | None]:
    """HM9: accounts are drawn anew 1,000 times; the 25th smallest and largest AUC."""
    point = of_scores(rows)
    if point is None:
        return None, None
    kept = [row.score for row in rows if not row.is_lost]
    lost = [row.score for row in rows if row.is_lost]
    accounts = sorted({row.account_id for row in rows}, key=str.encode)
    n = min(len(accounts), CLUSTERS)
    place = {account_id: number % CLUSTERS for number, account_id in enumerate(accounts)}
    clusters = [[0.0, 0.0, 0.0, 0.0] for _ in range(n)]
    for row in rows:
        against = [row.score] if row.is_lost else lost
        placement = auc(kept if row.is_lost else [row.score], against) or 0.0
        mine = clusters[place[row.account_id]]
        mine[2 * row.is_lost] += 1
        mine[2 * row.is_lost + 1] += placement
    seed = int(hashlib.md5(f"health_auc|{cell}".encode()).hexdigest()[:8], 16)
    found = []
    for replicate in range(REPLICATES):
        drawn = [clusters[scrambled(seed + replicate * n + i) % n] for i in range(n)]
        kept_n, kept_sum, lost_n, lost_sum = (sum(each) for each in zip(*drawn, strict=True))
        if kept_n and lost_n:
            found.append(kept_sum / kept_n + lost_sum / lost_n - point)
    if len(found) < TAIL:
        return point, point
    found.sort()
    return max(0.0, min(point, found[TAIL - 1])), min(1.0, max(point, found[-TAIL]))


def status(lost: int, kept: int, low: float | None, *, min_lost: int, ok_lower: float) -> str:
    """HM10."""
    if lost < min_lost or not kept or low is None:
        return "insufficient"
    if low > ok_lower:
        return "calibrated"
    return "weak" if low > 0.5 else "uncalibrated"
