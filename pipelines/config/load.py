"""Reads the configuration folder.

Belongs here: which files there are, and collecting everything that is wrong with them. Does
not: what a key means.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipelines.config.alerts import AlertsFile
from pipelines.config.coverage_model import CoverageModel
from pipelines.config.errors import ConfigError, KeyPath, Problem
from pipelines.config.explain import faults_of
from pipelines.config.publishing import PublishFile
from pipelines.config.reviews import Reviews
from pipelines.config.sources import SourcesFile
from pipelines.config.target_ratio import target_ratio_faults
from pipelines.config.write_back import WriteBackFile
from pipelines.config.yaml_document import display_name, read_document

CHECKOUT_CONFIG = Path(__file__).resolve().parents[2] / "config"

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Config:
    """The whole configuration, validated.

    `config_version` changes with what the files say, not with comments or layout.
    """

    sources_file: SourcesFile
    models: tuple[CoverageModel, ...]
    config_version: str
    directory: Path
    reviews: Reviews = field(default_factory=Reviews)
    publishing: PublishFile = field(default_factory=PublishFile)


def load_config(directory: Path, default_models: Path = CHECKOUT_CONFIG / "models") -> Config:
    """Read `sources.yaml` and the models of a folder; without `models/`, the default ones.

    `reviews.yaml` and `publish.yaml` are read where there are such. Raises `ConfigError` with all
    problems of all files.
    """
    problems: list[Problem] = []
    sources_file = _read_sources(directory / "sources.yaml", problems)
    own_models = directory / "models"
    models = _read_models(own_models if own_models.is_dir() else default_models, problems)
    reviews = _read_reviews(directory / "reviews.yaml", models, problems)
    publishing = _read_publishing(directory / "publish.yaml", problems)
    if problems or sources_file is None:
        raise ConfigError(problems)
    version = _version(sources_file, models, reviews)
    return Config(
        sources_file,
        tuple(models),
        version,
        directory,
        reviews or Reviews(),
        publishing or PublishFile(),
    )


def load_models(directory: Path) -> list[CoverageModel]:
    """The coverage models of a folder, by the date from which they hold.

    Raises `ConfigError` with all problems of all files.
    """
    problems: list[Problem] = []
    models = _read_models(directory, problems)
    if problems:
        raise ConfigError(problems)
    return models


def load_model(path: Path, effective_from: date, prefer_name: bool = False) -> CoverageModel:
    """One coverage model, in a file of any name.

    It holds from `effective_from`; with `prefer_name`, from the date that the name is, if it is
    one. Raises `ConfigError` with all problems of the file.
    """
    if not path.is_file():
        message = "there is no such file; name the proposed coverage model"
        raise ConfigError([Problem(display_name(path), None, "", message)])
    named = _date_in_name(path) if prefer_name else None
    validate = partial(CoverageModel.read, effective_from=named or effective_from)
    problems: list[Problem] = []
    model = _read(path, CoverageModel, validate, problems)
    if model is None:
        raise ConfigError(problems)
    return model


def load_alerts(directory: Path) -> AlertsFile | None:
    """Who is told when something is wrong; None without `alerts.yaml`.

    Not part of `Config`: it changes no number. Raises `ConfigError` with all problems of the file.
    """
    path = directory / "alerts.yaml"
    if not path.is_file():
        return None
    problems: list[Problem] = []
    alerts = _read(path, AlertsFile, AlertsFile.read, problems)
    if alerts is None:
        raise ConfigError(problems)
    return alerts


def load_write_back(config: Config) -> WriteBackFile:
    """What is written back into the sources; nothing without `write_back.yaml`.

    Not part of `Config`: it changes no number. Raises `ConfigError` with all problems of the file.
    """
    path = config.directory / "write_back.yaml"
    if not path.is_file():
        return WriteBackFile()
    problems: list[Problem] = []
    validate = partial(WriteBackFile.read, sources=config.sources_file.sources)
    written = _read(path, WriteBackFile, validate, problems)
    if written is None:
        raise ConfigError(problems)
    return written


def model_in_force(models: Sequence[CoverageModel], on: date) -> CoverageModel:
    """The model that holds on a day; before the first one's date, the first."""
    ordered = sorted(models, key=lambda model: model.effective_from)
    begun = [model for model in ordered if model.effective_from <= on]
    return begun[-1] if begun else ordered[0]


def _read_sources(path: Path, problems: list[Problem]) -> SourcesFile | None:
    if not path.is_file():
        message = (
            f"there is no such file (looked in {path.parent.resolve()}); copy config/sources.yaml "
            "of the checkout there, or start from one of examples/"
        )
        problems.append(Problem(display_name(path), None, "", message))
        return None
    return _read(path, SourcesFile, SourcesFile.model_validate, problems)


def _read_reviews(
    path: Path, models: Sequence[CoverageModel], problems: list[Problem]
) -> Reviews | None:
    """The file, or None where there is none; a tier that no model has is a problem."""
    if not path.is_file():
        return None
    known = sorted({tier for model in models for tier in model.tier_ids})
    validate = partial(Reviews.read, known_tiers=known)
    return _read(path, Reviews, validate, problems)


def _read_publishing(path: Path, problems: list[Problem]) -> PublishFile | None:
    """The file, or None where there is none. It changes no number, and so no `config_version`."""
    return _read(path, PublishFile, PublishFile.read, problems) if path.is_file() else None


def _read_models(directory: Path, problems: list[Problem]) -> list[CoverageModel]:
    models: list[CoverageModel] = []
    paths = [path for path in sorted(directory.glob("*.y*ml")) if not path.name.startswith(".")]
    for path in paths:
        effective_from = _date_in_name(path)
        if effective_from is None:
            message = (
                "a model's file name is the date from which it holds, like 2026-01-01.yaml; "
                "rename the file"
            )
            problems.append(Problem(display_name(path), None, "", message))
            continue
        validate = partial(CoverageModel.read, effective_from=effective_from)
        model = _read(path, CoverageModel, validate, problems)
        if model is not None:
            models.append(model)
    if not paths:
        message = "holds no coverage model; put one there, named like 2026-01-01.yaml"
        problems.append(Problem(display_name(directory), None, "", message))
    return models


def _date_in_name(path: Path) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}\.yaml", path.name):
        return None
    try:
        return date.fromisoformat(path.stem)
    except ValueError:
        return None


def _read(
    path: Path,
    model: type[_Model],
    validate: Callable[[Any], _Model],
    problems: list[Problem],
) -> _Model | None:
    """The file as `model`, or None when anything is wrong; then it is added to `problems`."""
    document = read_document(path)
    found = list(document.problems)
    data = {} if document.data is None else document.data
    if document.root is None and found:
        problems += found
        return None
    refused = list(target_ratio_faults(data))
    faults = list(refused)
    result: _Model | None = None
    try:
        result = validate(data)
    except ValidationError as error:
        faults += (
            fault
            for fault in faults_of(error, model)
            if not _is_below(fault.path, [refusal.path for refusal in refused])
        )
    found += map(document.problem, faults)
    problems += found
    return None if found else result


def _is_below(path: KeyPath, places: Sequence[KeyPath]) -> bool:
    # Pydantic's path may skip or add a step; a refused key is recognised by its own name.
    return any(place[-1] in path for place in places)


def _version(
    sources_file: SourcesFile, models: Sequence[CoverageModel], reviews: Reviews | None
) -> str:
    changes_no_number = {"refresh_at", "history_from", "duckdb"}
    said = sources_file.model_dump(mode="json", exclude=changes_no_number)
    # The order of the sources is their priority; that of other keys says nothing.
    said["sources"] = list(said["sources"].items())
    content = {
        "sources": said,
        "models": {str(model.effective_from): model.model_dump(mode="json") for model in models},
    }
    if reviews is not None:
        content["reviews"] = reviews.model_dump(mode="json")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
