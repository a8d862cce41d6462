"""Parquet files.

Belongs here: turning typed columns into text, batch by batch. Does not: the spelling of values.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.errors import PermanentSourceError
from connectors.files.cell_text import text_of
from connectors.files.table import Cell, Reject, Table, fitted, header

_BATCH_ROWS = 5_000


def read_parquet(path: Path, file: str, reject: Reject) -> Table:
    """Open a Parquet file, called `file` in messages.

    Raises PermanentSourceError, also while the rows are read.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        opened = parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise _unreadable(file, error) from error
    columns = header(opened.schema_arrow.names, file)
    return Table(columns, fitted(_rows(opened, file), len(columns), reject))


def _rows(opened: Any, file: str) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    import pyarrow

    position = 0
    try:
        with opened:
            for batch in opened.iter_batches(batch_size=_BATCH_ROWS):
                texts = [_texts(column) for column in batch.columns]
                for cells in zip(*texts, strict=True):
                    position += 1
                    yield position, cells
    except pyarrow.ArrowException as error:
        raise _unreadable(file, error) from error


def _texts(column: Any) -> list[Cell]:
    import pyarrow
    from pyarrow import types

    if types.is_string(column.type) or types.is_large_string(column.type):
        texts: list[Cell] = column.to_pylist()
        return texts
    if types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's own instants end at microseconds; nanoseconds would need a data frame library.
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    return [text_of(value) for value in column.to_pylist()]


def _unreadable(file: str, error: Exception) -> PermanentSourceError:
    return PermanentSourceError(
        f"{file} is not a complete Parquet file ({error}). Export it again, and wait until the "
        "export has finished."
    )
