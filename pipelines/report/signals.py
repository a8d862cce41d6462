"""What is burning now: crises, and playbooks that have fired and still hold.

Belongs here: open alerts and triggers, counted. Does not: which account a trigger is of (the
worklist, `fct_playbook_trigger`).
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.parts import Column, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import NOT_KNOWN, count, day, number, plain, several

_CRISES = """
    select *, len(accounts) as accounts_concerned
    from fct_crisis_alert
    where is_open
    order by level = 'crisis' desc, first_on, alert_type, scope
"""

_TRIGGERS = """
    select
        rule_id,
        severity,
        count(*) as triggers,
        count(distinct account_id) as accounts,
        sum(arr) as arr,
        count(*) filter (where is_acted) as acted,
        count(*) filter (where is_acted is null) as waiting
    from fct_playbook_trigger
    where is_open and fired_on is not null
    group by rule_id, severity
    order by
        case severity when 'high' then 1 when 'medium' then 2 else 3 end, triggers desc, rule_id
"""

_RULES = """
    select count(*) as rules, count(*) filter (where is_evaluable) as fed
    from cfg_playbook_rule
    where holds_from <= as_of_date and coalesce(holds_to > as_of_date, true)
"""


def signals(readings: Readings) -> Section:
    """Open crises and open playbook triggers."""
    crises, triggers = readings.rows(_CRISES), readings.rows(_TRIGGERS)
    (rules,) = readings.rows(_RULES)
    said: list[Text] = [
        Markup("{} open. {} of {} rules have the data that they ask about.").format(
            readings.glossary.link(
                "fct_crisis_alert.is_open", several(len(crises), "alert is", "alerts are")
            ),
            count(rules["fed"]),
            count(rules["rules"]),
        )
    ]
    if not triggers:
        said.append(
            "No playbook has fired that still holds."
            if rules["fed"]
            else "Rules ask about usage, tickets, contact and contracts: no connected source tells "
            "of them."
        )
    tables = [
        *([_crises(readings, crises)] if crises else []),
        *([_triggers(readings, triggers)] if triggers else []),
    ]
    return Section("signals", "Crises and playbooks open now", said=said, tables=tables)


def _crises(readings: Readings, crises: Sequence[Row]) -> Table:
    return Table(
        "More at once than chance explains",
        [
            Column("alert", "fct_crisis_alert.alert_type", is_number=False),
            Column("of", "fct_crisis_alert.scope", is_number=False),
            Column("level", "fct_crisis_alert.level", is_number=False),
            Column("since", "fct_crisis_alert.first_on"),
            Column("events", "fct_crisis_alert.events"),
            Column("ARR lost", "fct_crisis_alert.arr_lost"),
            Column("plan", "fct_crisis_alert.plan_id", is_number=False),
        ],
        [
            (
                plain(row["alert_type"]),
                "all" if row["scope"] == "ALL" else row["scope"],
                row["level"],
                day(row["first_on"]),
                Markup('<b>{}</b> <span class="of">usual: {} a week</span>').format(
                    count(row["events"]), number(row["baseline_rate"])
                ),
                readings.money(row["arr_lost"]),
                plain(row["plan_id"]),
            )
            for row in crises
        ],
    )


def _triggers(readings: Readings, triggers: Sequence[Row]) -> Table:
    return Table(
        "Playbooks that fired and still hold",
        [
            Column("rule", "fct_playbook_trigger.rule_id", is_number=False),
            Column("severity", "fct_playbook_trigger.severity", is_number=False),
            Column("accounts", "fct_playbook_trigger.is_open"),
            Column("ARR", "fct_playbook_trigger.arr"),
            Column("acted on", "fct_playbook_trigger.is_acted"),
        ],
        [
            (
                plain(row["rule_id"]),
                row["severity"] or NOT_KNOWN,
                count(row["accounts"]),
                readings.money(row["arr"]),
                Markup('<b>{}</b> <span class="of">of {}, {} still may</span>').format(
                    count(row["acted"]), count(row["triggers"]), count(row["waiting"])
                ),
            )
            for row in triggers
        ],
    )
