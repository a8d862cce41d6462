"""What a person may write in `sources.yaml` under every source, of whatever kind.

Belongs here: the limits that all sources share. Does not: a kind's own keys.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SourceSettings(BaseModel):
    """A source: how old its data may be, and how much of a read may be missing or unusable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
