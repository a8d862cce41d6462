"""Quality conditions: what makes an engagement good, written like `notes<=2bd`.

Belongs here: the small language and the conditions that exist. Does not: judging an activity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from pipelines.config.vocabulary import PERSONAS


@dataclass(frozen=True)
class QualityCondition:
    """One condition. A flag has no operator; persona conditions have personas and no value."""

    name: str
    operator: str = ""
    value: int | None = None
    unit: str = ""
    personas: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.personas:
            return f"{self.name}({'|'.join(self.personas)})"
        suffix = "bd" if self.unit == "business_days" else ""
        return (
            self.name if self.value is None else f"{self.name}{self.operator}{self.value}{suffix}"
        )


@dataclass(frozen=True)
class _Form:
    operator: str
    unit: str
    example: str
    meaning: str


CONDITIONS: Mapping[str, _Form] = {
    "external_attendees": _Form(
        ">=", "count", "external_attendees>=1", "so many people of the customer took part"
    ),
    "duration": _Form(">=", "minutes", "duration>=60", "it lasted so many minutes"),
    "notes": _Form("<=", "business_days", "notes<=2bd", "notes were written so soon after"),
    "follow_up": _Form(
        "<=", "business_days", "follow_up<=1bd", "the customer got a follow-up so soon after"
    ),
    "plan_updated": _Form(
        "<=", "business_days", "plan_updated<=5bd", "the success plan was updated so soon after"
    ),
    "objectives": _Form(">=", "count", "objectives>=1", "the success plan has so many objectives"),
    "customer_validated": _Form(
        "", "", "customer_validated", "the customer has validated the success plan"
    ),
    "persona_any": _Form(
        "", "personas", "persona_any(exec_sponsor|champion)", "one of these personas took part"
    ),
    "persona_all": _Form(
        "", "personas", "persona_all(champion|admin)", "all of these personas took part"
    ),
}

_SHAPE = re.compile(
    r"\s*(?P<name>[a-z_]+)\s*"
    r"(?:(?P<operator>[<>=!]+)\s*(?P<value>\d+)\s*(?P<unit>bd)?|\((?P<personas>[^()]*)\))?\s*"
)


def parse_quality(text: Any) -> QualityCondition:
    """Read a condition such as `duration>=60`. Raises ValueError that says what is known."""
    if isinstance(text, QualityCondition):
        return text
    if not isinstance(text, str):
        raise ValueError("must be text, like notes<=2bd")
    match = _SHAPE.fullmatch(text)
    form = CONDITIONS.get(match["name"]) if match else None
    if match is None or form is None:
        known = ", ".join(form.example for form in CONDITIONS.values())
        raise ValueError(f'"{text}" is not a known quality condition; known: {known}')
    unit = {"bd": "business_days", None: form.unit}[match["unit"]]
    needs_days = form.unit == "business_days" and not match["unit"]
    is_well_formed = (
        (match["operator"] or "") == form.operator
        and unit == form.unit
        and not needs_days
        and (match["personas"] is not None) == (form.unit == "personas")
    )
    if not is_well_formed:
        raise ValueError(f'"{text}" is not complete; write it like {form.example}')
    personas = tuple(part.strip() for part in (match["personas"] or "").split("|") if part.strip())
    if form.unit == "personas":
        unknown = [persona for persona in personas if persona not in PERSONAS]
        if unknown or not personas:
            wrong = f'"{unknown[0]}" is not a persona' if unknown else "no persona is named"
            raise ValueError(f"{wrong}; known: {', '.join(PERSONAS)}")
    return QualityCondition(
        name=match["name"],
        operator=form.operator,
        value=int(match["value"]) if match["value"] else None,
        unit=form.unit,
        personas=personas,
    )


Quality = Annotated[
    QualityCondition,
    PlainValidator(parse_quality),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "type": "string",
            "examples": [form.example for form in CONDITIONS.values()],
            "description": "; ".join(f"{f.example}: {f.meaning}" for f in CONDITIONS.values()),
        }
    ),
]
