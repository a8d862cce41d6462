"""What a person writes under a files source in `sources.yaml`.

Belongs here: the keys, their meaning and their limits. Does not: reading files.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.canonical import ENTITY_KEYS
from connectors.files.names import (
    ENDINGS,
    is_link,
    is_readable,
    is_variable,
    link_label,
    stem_of,
)
from connectors.settings import SourceSettings
from connectors.wording import did_you_mean


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _checked_file_name(file: str) -> str:
    if not is_readable(file):
        raise ValueError(
            f"{file} cannot be read: its ending is none of {', '.join(ENDINGS)}. "
            "Save the file as .csv or .xlsx"
        )
    path = PurePath(file)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{file} is outside the folder: give its folder as path of a source")
    if not stem_of(file):
        raise ValueError(f"{file} needs a name with at least one letter from a to z, or a digit")
    return file


def _shown(file: str) -> str:
    return link_label(file) if is_link(file) else file


def _checked_entity(entity: str) -> str:
    if entity not in ENTITY_KEYS:
        hint = did_you_mean(entity, ENTITY_KEYS) or f" There are {', '.join(ENTITY_KEYS)}."
        raise ValueError(f"{entity} is not a canonical entity.{hint}")
    return entity


class Entity(_Strict):
    """How one canonical entity is read from the files."""

    file: str | None = Field(
        None,
        description="The file's name in the folder, a pattern for many files that are one table "
        "(usage/*.parquet), or the http(s) link of a sheet's CSV export ($NAME takes a link from "
        "the environment: whoever has it can read the sheet). "
        "Default: <entity>.csv, .parquet or .xlsx, or a folder of such called <entity>.",
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

    @field_validator("file")
    @classmethod
    def _file_is_readable(cls, file: str | None) -> str | None:
        if file is None or is_link(file) or is_variable(file):
            return file
        return _checked_file_name(file)

    @field_validator("date_format")
    @classmethod
    def _is_a_pattern(cls, date_format: str | None) -> str | None:
        if date_format is not None and not re.search(r"%[a-zA-Z]", date_format):
            raise ValueError(
                f'"{date_format}" says nothing about days, months and years: write it with their '
                'signs, like "%d-%m-%Y" for 31-12-2026'
            )
        return date_format

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

    @field_validator("entity")
    @classmethod
    def _entity_exists(cls, entity: str | None) -> str | None:
        return entity if entity is None else _checked_entity(entity)


class Settings(SourceSettings):
    """A folder of files: CSV, Parquet, XLSX."""

    kind: Literal["files"] = "files"
    path: str = Field(
        description="The folder; relative to this file. $NAME takes it from the environment."
    )
    entities: dict[str, Entity] | None = Field(
        None,
        description="Which canonical entities the folder holds, and how. Default: every "
        "<entity>.csv, .parquet or .xlsx in it, and every folder <entity> of such, as it is.",
    )
    files: dict[str, FileOptions] = Field(
        default_factory=dict,
        description="Options of files that only queries use, by file name or pattern.",
    )
    checks: dict[str, Check] = Field(
        default_factory=dict, description="Rules of your own, by name."
    )

    @field_validator("entities")
    @classmethod
    def _entities_exist(cls, entities: dict[str, Entity] | None) -> dict[str, Entity] | None:
        for entity in entities or {}:
            _checked_entity(entity)
        return entities

    @field_validator("files")
    @classmethod
    def _files_are_readable(cls, files: dict[str, FileOptions]) -> dict[str, FileOptions]:
        for file in files:
            _checked_file_name(file)
        return files

    @model_validator(mode="after")
    def _files_have_names_of_their_own(self) -> Settings:
        named = [(stem_of(file), file) for file in self.files]
        for entity, mapping in (self.entities or {}).items():
            if mapping.file is not None:
                is_file = not (is_link(mapping.file) or is_variable(mapping.file))
                named.append((stem_of(mapping.file) if is_file else entity, mapping.file))
        by_name: dict[str, str] = {}
        for name, file in named:
            other = by_name.setdefault(name, file)
            if other != file:
                raise ValueError(
                    f"{_shown(other)} and {_shown(file)} would both be called {name}: rename one"
                )
        return self
