"""What a person writes under a files source in `sources.yaml`.

Belongs here: the keys, their meaning and their limits. Does not: reading files.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entity(_Strict):
    """How one canonical entity is read from the files."""

    file: str | None = Field(
        None, description="The file's name in the folder. Default: <entity>.csv, .parquet or .xlsx."
    )
    sheet: str | None = Field(None, description="XLSX only: the sheet's name. Default: the first.")
    columns: dict[str, str] = Field(
        default_factory=dict, description="canonical column: the name it has in the file"
    )
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="canonical column: {value in the file: canonical value}"
    )
    date_format: str | None = Field(
        None, description='How the file writes dates, e.g. "%d-%m-%Y". Default: ISO.'
    )
    where: str | None = Field(
        None, description="SQL condition over the file's own columns (as text); keeps these rows."
    )
    query: str | None = Field(
        None,
        description="A SELECT over the folder's files, each named without its ending, all columns "
        "as text; its result has canonical column names. Replaces file, columns and where.",
    )

    @model_validator(mode="after")
    def _query_stands_alone(self) -> Entity:
        clashing = [k for k in ("file", "sheet", "columns", "where") if getattr(self, k)]
        if self.query is not None and clashing:
            raise ValueError(
                f"query replaces {', '.join(clashing)}: do the renaming and filtering in the "
                "query, or leave the query out"
            )
        return self


class FileOptions(_Strict):
    """What must be said about a file that only queries use."""

    key: list[str] = Field(
        default_factory=list,
        description="The file's columns that identify a row. Default: the whole row.",
    )
    sheet: str | None = Field(None, description="XLSX only: the sheet's name. Default: the first.")


class Check(_Strict):
    """A rule of the user's own over the files; what it finds is shown in ops_data_quality."""

    query: str = Field(description="A SELECT over the folder's files; each row is one finding.")
    message: str = Field(description="What is wrong and what to do; {rows} is the number found.")
    severity: Literal["info", "warning", "error"] = "warning"
    entity: str | None = Field(None, description="The canonical entity it concerns, if one.")


class Settings(_Strict):
    """A folder of files: CSV, Parquet, XLSX."""

    kind: Literal["files"] = "files"
    path: str = Field(
        description="The folder; relative to this file. $NAME takes it from the environment."
    )
    entities: dict[str, Entity] | None = Field(
        None,
        description="Which canonical entities the folder holds, and how. Default: every "
        "<entity>.csv, .parquet or .xlsx in it, as it is.",
    )
    files: dict[str, FileOptions] = Field(
        default_factory=dict, description="Options of files that only queries use, by file name."
    )
    checks: dict[str, Check] = Field(
        default_factory=dict, description="Rules of your own, by name."
    )
    freshness_hours: float = Field(
        30, gt=0, description="A stream not read for longer than this is stale."
    )
    max_shrink: float = Field(
        0.2,
        ge=0,
        le=1,
        description="A full read that loses more than this share of its records is not applied.",
    )
    max_quarantined: float = Field(
        0.05,
        ge=0,
        le=1,
        description="A stream with more than this share of unusable records is not applied.",
    )
