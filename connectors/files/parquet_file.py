"""Parquet files.

Belongs here: opening one, and its rows as lines of JSON, batch by batch. Does not: the spelling
of values (cell_text, parquet_text).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.errors import PermanentSourceError
from connectors.files.table import Lines, Table, header

_BATCH_ROWS = 10_000
_BATCH_BYTES = 32 * 1024 * 1024


def read_parquet(path: Path, file: str) -> Table:
    """Open a Parquet file, called `file` in messages.

    Raises PermanentSourceError, also while the rows are read.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        opened = parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise _unreadable(file, error) from error
    return _ParquetTable(header(opened.schema_arrow.names, file), opened, file)


@dataclass(frozen=True)
class _ParquetTable:
    """An open Parquet file; its rows always fit its columns."""

    columns: tuple[str, ...]
    opened: Any
    file: str

    def lines(self, also: Mapping[str, str]) -> Iterator[Lines]:
        import pyarrow

        from connectors.files.parquet_text import json_lines

        try:
            with self.opened:
                for batch in self.opened.iter_batches(batch_size=_BATCH_ROWS):
                    for piece in _pieces(batch):
                        yield json_lines(piece, self.columns, also)
        except pyarrow.ArrowException as error:
            raise _unreadable(self.file, error) from error


def _pieces(batch: Any) -> Iterator[Any]:
    """The batch, in parts where its values are long."""
    rows = max(1, batch.num_rows * _BATCH_BYTES // max(batch.nbytes, _BATCH_BYTES))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _unreadable(file: str, error: Exception) -> PermanentSourceError:
    return PermanentSourceError(
        f"{file} is not a complete Parquet file ({error}). Export it again, and wait until the "
        "export has finished."
    )
