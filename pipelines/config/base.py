"""The kinds of value that configuration is made of.

Belongs here: what several sections share. Does not: a section.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)


class Section(BaseModel):
    """A part of a configuration file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


Text = Annotated[str, Field(strict=True, min_length=1)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
PositiveAmount = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Score = Annotated[float, Field(strict=True, ge=0, le=100)]
PositiveScore = Annotated[float, Field(strict=True, gt=0, le=100)]


def _iso_date(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError(f'"{value}" is not a date; write it like 2026-05-04') from None


DateText = Annotated[Text, BeforeValidator(_iso_date)]
"""A day, as YAML writes it."""


def _bound(value: Any) -> Any:
    return math.inf if value in ("inf", ".inf") else value


Bound = Annotated[
    float,
    Field(strict=True),
    BeforeValidator(_bound),
    PlainSerializer(lambda value: "inf" if math.isinf(value) else value),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"const": "inf"}]}),
]
"""A number, or `inf` for an open end."""
