"""How the report writes numbers, days and names.

Belongs here: forms of values that SQL has computed. Does not: computing any.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from markupsafe import Markup

NOT_KNOWN = "–"
"""What stands where there is no value; never 0."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_CAUSES = {
    "no_owner": "nobody led the account",
    "over_capacity": "its owner had no time",
    "late_only": "done, but late",
    "below_standard": "done, below standard",
    "customer_unresponsive": "no answer from the customer",
    "unverifiable": "cannot be verified",
    "not_attempted": "not attempted",
}
_LIFTS = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))


def percent(share: float | None) -> str:
    """A fraction as percent; what is not quite all or none does not read as if it were."""
    if share is None:
        return NOT_KNOWN
    rounded = f"{share * 100:.0f}"
    if (rounded == "100" and share < 1) or (rounded == "0" and share > 0):
        rounded = f"{share * 100:.1f}"
    return f"{rounded} %"


def between(low: float | None, high: float | None) -> str:
    """A 95 % interval of a rate."""
    if low is None or high is None:
        return ""
    return f"{low * 100:.0f}–{high * 100:.0f} %"


def points(change: float | None) -> str:
    """A change of a rate in percentage points, with its sign."""
    return NOT_KNOWN if change is None else _signed(change * 100, 1) + " points"


def signed(change: float | None, digits: int = 1) -> str:
    """A change with its sign."""
    return NOT_KNOWN if change is None else _signed(change, digits)


def _signed(change: float, digits: int) -> str:
    text = f"{change:+,.{digits}f}".replace("-", "−")
    return text[1:] if float(f"{change:.{digits}f}") == 0 else text


def count(number: int | None) -> str:
    """A whole number."""
    return NOT_KNOWN if number is None else f"{number:,}"


def number(value: float | None, digits: int = 1) -> str:
    """A number that is not whole, negative ones with a proper minus."""
    return NOT_KNOWN if value is None else f"{value:,.{digits}f}".replace("-", "−")


def hours(amount: float | None) -> str:
    """Hours: whole ones, unless they are few."""
    return number(amount, 0 if amount is None or abs(amount) >= 10 else 1)


def several(amount: int | None, one: str, many: str | None = None) -> str:
    """1 account, 2 accounts."""
    return f"{count(amount)} {one if amount == 1 else many or one + 's'}"


def money(amount: float | None, currency: str | None) -> str:
    """An amount as short as it can be told: $1.2M; without a currency, the bare number."""
    if amount is None:
        return NOT_KNOWN
    sign = "−" if amount < 0 else ""
    size = abs(amount)
    symbol = _SYMBOLS.get(currency or "", f"{currency} " if currency else "")
    for place, (unit, letter) in enumerate(_LIFTS):
        if size >= unit:
            digits = 1 if size < 10 * unit and unit > 1_000 else 0
            text = f"{size / unit:.{digits}f}"
            if text == "1000" and place:  # 999,999 is 1.0M
                text, letter = "1.0", _LIFTS[place - 1][1]
            return f"{sign}{symbol}{text}{letter}"
    return f"{sign}{symbol}{size:.0f}"


def day(on: date | None) -> str:
    """5 Jul 2026."""
    return NOT_KNOWN if on is None else f"{on.day} {on:%b %Y}"


def quarter(start: date) -> str:
    """Q2 2026, by the quarter's first day."""
    return f"Q{(start.month + 2) // 3} {start.year}"


def plain(name: str | None) -> str:
    """A published word as people say it: over_capacity is over capacity."""
    return NOT_KNOWN if name is None else name.replace("_", " ")


def cause_words(cause: str) -> str:
    """Why an account is not covered, as people say it."""
    return _CAUSES.get(cause, plain(cause))


def listed(names: Iterable[str], last: str = "and") -> str:
    """One, two and three."""
    *first, final = list(names)
    return f"{', '.join(first)} {last} {final}" if first else final


def rate(
    value: float | None,
    part: int | None = None,
    whole: int | None = None,
    low: float | None = None,
    high: float | None = None,
    *,
    is_low_n: bool | None = False,
    unit: str = "",
) -> Markup:
    """A rate as a cell: the percentage, and under it what it is of and its interval."""
    if value is None:
        return Markup('<span class="none">no data</span>')
    of = f"{count(part)} of {count(whole)}{unit and ' ' + unit}" if whole is not None else ""
    told = ", ".join(text for text in (of, between(low, high)) if text)
    few = Markup(' <span class="few">few accounts</span>') if is_low_n else Markup()
    return Markup('<b>{}</b> <span class="of">{}{}</span>').format(percent(value), told, few)


def amount_rate(value: float | None, whole: str, low: float | None, high: float | None) -> Markup:
    """A rate of money as a cell, with the amount that it is of."""
    if value is None:
        return Markup('<span class="none">no data</span>')
    told = ", ".join(text for text in (f"of {whole}", between(low, high)) if text)
    return Markup('<b>{}</b> <span class="of">{}</span>').format(percent(value), told)
