"""How CSMs are distributed, as public tables: observed, fitting, critical points, and settings.

Belongs here: bringing a night's tables together for these. Does not: any rule of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from oracle import model_fit_table, surge
from oracle.distribution import Staffing, band_name, fct_distribution_month
from oracle.models import spans_of_models
from oracle.world import Row

if TYPE_CHECKING:
    from oracle.tables import Told

KEYS = {
    "cfg_distribution_model": ("holds_from", "model_id"),
    "cfg_segment_dimension": ("holds_from", "dimension"),
    "fct_distribution_month": ("account_id", "month_start"),
    "fct_surge": ("surge_id",),
    "mart_model_fit_account": ("account_id",),
}

MODELS = ("1:1", "1:many", "many:1", "many:many")
BAND_COLUMNS = {
    "accounts_from": "accounts_from", "accounts_to": "accounts_to", "arr_from": "arr_from",
    "arr_to": "arr_to", "touch": "touch", "max_accounts": "max_accounts",
    "min_automated_standards": "min_automated_standards",
    "max_contacts_per_quarter": "max_contacts_per_quarter",
    "min_automated_rate": "min_automated_share",
}  # fmt: skip


def cfg_distribution_model() -> Iterator[Row]:
    """The four models and the bands, without their words."""
    for dates, said in spans_of_models():
        section = said["distribution"]
        holds: dict[str, Any] = {name: dates[name] for name in ("holds_from", "holds_to")}
        nothing = dict.fromkeys((*BAND_COLUMNS, "is_simple_product_needed"))
        for model in MODELS:
            shared = {"model": model, "min_criteria": section["min_criteria"][model]}
            yield {**holds, "model_id": model, **shared, **nothing}
            for band in section["bands"] if model == "1:many" else ():
                yield {
                    **holds,
                    "model_id": band_name(band),
                    **shared,
                    **{name: band.get(key) for name, key in BAND_COLUMNS.items()},
                    "is_simple_product_needed": band.get("needs_simple_product", False),
                }


def cfg_segment_dimension() -> Iterator[Row]:
    """What accounts are told apart by."""
    for dates, said in spans_of_models():
        for position, name in enumerate(said["distribution"]["segment_dimensions"], 1):
            plain = name.removeprefix("attributes.")
            yield {
                "holds_from": dates["holds_from"],
                "holds_to": dates["holds_to"],
                "dimension": name,
                "position": position,
                "is_attribute": plain != name,
                "column_name": "tier_id" if name == "tier" else plain,
            }


def distribution_tables(
    now: Told, views: Sequence[Row], renewals: Sequence[Row], daily: Sequence[Row]
) -> dict[str, Iterable[Row]]:
    """Rows by table; `views` are mart_account_360."""
    time = list(now.time.rows())
    staffing = Staffing(now.book, now.assigned, now.people, time)
    months = list(fct_distribution_month(staffing))
    demands = now.capacity.demands
    day: date = now.world.as_of
    fit = model_fit_table.Tables(
        *(now.world, now.facts, staffing, now.accounts, now.activities, views, months, now.ledger),
        required={row.account_id: row.required for row in demands.on(day)},
        time=time,
        usage=now.health.inputs.usage,
        net_hours=_net_hours(now.book.model_on(day).said["capacity"]),
    )
    points = surge.Tables(
        *(staffing, now.facts, now.activities, renewals, daily),
        triggers=list(now.firing.fct_playbook_trigger()),
        time=time,
    )
    return {
        "cfg_distribution_model": cfg_distribution_model(),
        "cfg_segment_dimension": cfg_segment_dimension(),
        "fct_distribution_month": months,
        "fct_surge": surge.fct_surge(points),
        "mart_model_fit_account": model_fit_table.mart_model_fit_account(fit),
    }


def _net_hours(said: Any) -> float:
    """Of a full-time CSM, a year."""
    return float(said["work_days"] * said["hours_day"] * (1 - said["internal_share"]))
