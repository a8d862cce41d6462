"""XLSX workbooks.

Belongs here: sheets, and where a table begins in one. Does not: the spelling of values.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.errors import PermanentSourceError
from connectors.files.cell_text import spreadsheet_text
from connectors.files.table import Reject, RowTable, Table, fitted, header, is_blank


def read_xlsx(path: Path, file: str, sheet: str | None, reject: Reject) -> Table:
    """Open a sheet, the first one by default; its first row that is not blank is the header.

    The sheet is in memory as a whole, which its format bounds at about a million rows.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            raise PermanentSourceError(
                f"{file} has no sheet called '{sheet}'; it has {', '.join(names)}. "
                "Correct the key 'sheet' in sources.yaml, or rename the sheet."
            )
        opened = workbook.get_sheet_by_name(names[0] if sheet is None else sheet)
    except CalamineError as error:
        raise PermanentSourceError(
            f"{file} is not a readable XLSX workbook ({error}). Open it, remove its password if "
            "it has one, and save it again as .xlsx."
        ) from error
    label = f"{file}, sheet {opened.name}"
    rows: Iterator[tuple[int, list[str]]] = (
        (number, [spreadsheet_text(cell) for cell in cells])
        for number, cells in enumerate(opened.iter_rows(), start=1)
    )
    for _, cells in rows:
        if not is_blank(cells):
            first_column = opened.start[1] if opened.start else 0
            columns = header(cells, label, first_column=first_column)
            return RowTable(columns, fitted(rows, len(columns), reject))
    raise PermanentSourceError(f"{label} is empty: its first row must name the columns")
