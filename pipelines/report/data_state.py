"""How far all of this can be trusted: how old the data is, and what is wrong with it.

Belongs here: sources, findings, the run. Does not: keys of the records found (`ops_data_quality`).
"""

from __future__ import annotations

from markupsafe import Markup

from pipelines.report.parts import Column, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import count, listed, number, plain, several

_FINDINGS_SHOWN = 20

_SOURCES = """
    select
        source,
        count(*) as streams,
        count(*) filter (where is_stale) as stale,
        list(stream order by stream) filter (where is_stale) as stale_streams,
        list(stream order by stream) filter (where status = 'not_available') as not_offered,
        max(age_hours) as age_hours,
        sum(records) as records,
        sum(records_quarantined) as quarantined
    from ops_source_freshness
    group by source
    order by stale > 0 desc, source
"""

# A message may name a person by address; the report names nobody of the team.
_FINDINGS = r"""
    select
        check_id,
        coalesce(source, '') as source,
        severity,
        rows_failed,
        rows_total,
        regexp_replace(message, '[^\s@<>]+@[^\s@<>]+', '(an address)', 'g') as message
    from ops_data_quality
    where severity <> 'info'
    order by severity = 'error' desc, rows_failed desc, check_id, source, entity
"""

_NOTES = "select count(*) as notes from ops_data_quality where severity = 'info'"

_MOVED = """
    select count(distinct (metric, tier_id, period_type, period_start)) as numbers
    from ops_restatement
"""


def data_state(readings: Readings) -> Section:
    """Sources with their age; errors and warnings."""
    sources, findings = readings.rows(_SOURCES), readings.rows(_FINDINGS)
    (notes,), (moved,) = readings.rows(_NOTES), readings.rows(_MOVED)
    stale = [row["source"] for row in sources if row["stale"]]
    errors = sum(row["severity"] == "error" for row in findings)
    link = readings.glossary.link
    said: list[Text] = [
        Markup("<strong>{} has {} streams:</strong> its older data is used.").format(
            listed(stale), link("ops_source_freshness.is_stale", "stale")
        )
        if stale
        else Markup("All sources were {}.").format(
            link("ops_source_freshness.last_success_at", "read in time")
        ),
        Markup(
            "{}, {} and {} are in {}. {} of closed periods read otherwise than first {}."
        ).format(
            several(errors, "error"),
            several(len(findings) - errors, "warning"),
            several(notes["notes"], "note"),
            link("ops_data_quality.severity", "ops_data_quality"),
            several(moved["numbers"], "number"),
            link("ops_restatement.difference", "reported"),
        ),
    ]
    tables = [
        Table(
            "Sources",
            [
                Column("source", is_number=False),
                Column("streams", "ops_source_freshness.stream"),
                Column("records", "ops_source_freshness.records"),
                Column("set aside", "ops_source_freshness.records_quarantined"),
                Column("oldest read, hours", "ops_source_freshness.age_hours"),
                Column("state", "ops_source_freshness.is_stale", is_number=False),
            ],
            [
                (
                    row["source"],
                    count(row["streams"]),
                    count(row["records"]),
                    count(row["quarantined"]),
                    number(row["age_hours"]),
                    f"stale: {listed(row['stale_streams'])}" if row["stale"] else "fresh",
                )
                for row in sources
            ],
        )
    ]
    if findings:
        left = len(findings) - _FINDINGS_SHOWN
        tables.append(
            Table(
                "Errors and warnings",
                [
                    Column("source", is_number=False),
                    Column("finding", is_number=False),
                    Column("rows", "ops_data_quality.rows_failed"),
                ],
                [
                    (
                        row["source"] or "all",
                        Markup('<b class="{0}">{0}</b> {1}').format(
                            row["severity"], row["message"] or plain(row["check_id"])
                        ),
                        f"{count(row['rows_failed'])} of {count(row['rows_total'])}",
                    )
                    for row in findings[:_FINDINGS_SHOWN]
                ],
                note=f"And {left} more in ops_data_quality." if left > 0 else "",
            )
        )
    return Section("data", "How fresh and how sound the data is", said=said, tables=tables)
