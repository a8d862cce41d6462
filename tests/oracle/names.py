"""How alike the names of two companies are.

Belongs here: what is compared of a name, and the measure (Winkler 1990, over Jaro 1989). Does
not: what follows from it.
"""

from __future__ import annotations

import re

LEGAL_FORMS = (
    "inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|plc|gmbh|ag|sa|sas|sarl|"
    "srl|spa|bv|nv|ab|oy|as|kg|pty|pte"
)


def comparable(name: str) -> str:
    """Lower case, letters and digits, without the legal form."""
    words = re.sub(r"[^\w]+|_", " ", name.lower())
    return re.sub(rf"( ({LEGAL_FORMS}))+ *$", "", words).strip()


def similarity(one: str, other: str) -> float:
    """Jaro-Winkler: 1 for equal texts, 0 for nothing in common."""
    jaro = _jaro(one, other)
    if jaro <= 0.7:
        return jaro
    prefix = 0
    for a, b in zip(one[:4], other[:4], strict=False):
        if a != b:
            break
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro)


def _jaro(one: str, other: str) -> float:
    if one == other:
        return 1.0
    reach = max(max(len(one), len(other)) // 2 - 1, 0)
    taken = [False] * len(other)
    matches = []
    for i, letter in enumerate(one):
        for j in range(max(0, i - reach), min(len(other), i + reach + 1)):
            if not taken[j] and other[j] == letter:
                taken[j] = True
                matches.append(letter)
                break
    if not matches:
        return 0.0
    theirs = [letter for letter, is_taken in zip(other, taken, strict=True) if is_taken]
    moved = sum(a != b for a, b in zip(matches, theirs, strict=True)) / 2
    m = len(matches)
    return (m / len(one) + m / len(other) + (m - moved) / m) / 3
