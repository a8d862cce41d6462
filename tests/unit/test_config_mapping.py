"""A mapping onto columns that the canonical vocabulary does not have."""

from __future__ import annotations

from pathlib import Path

from config_files import sources_messages

SOURCES = """\
sources:
  sheets:
    kind: files
    path: .
    entities:
      tickets:
        columns: {tiket_id: id, subject: Title}
        values:
          prio: {urgent: P1}
"""


def test_unknown_columns_and_values_are_named_with_their_line(tmp_path: Path) -> None:
    assert sources_messages(tmp_path, SOURCES) == [
        '7: sources.sheets.entities.tickets.columns.tiket_id: tickets has no column "tiket_id"; '
        'did you mean "ticket_id"?',
        '9: sources.sheets.entities.tickets.values.prio: tickets has no column "prio"; '
        'did you mean "priority"?',
    ]


def test_known_columns_are_accepted(tmp_path: Path) -> None:
    right = SOURCES.replace("tiket_id", "ticket_id").replace("prio:", "priority:")
    assert sources_messages(tmp_path, right) == []
