"""Tools that CSMs work with, beside the sources that are connected.

Belongs here: what sources.yaml may say of a tool, and which tools there are in all. Does not: what
a distribution model needs (dbt_project), what automation gives back (tooling).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, model_validator

from connectors import registry
from pipelines.config.base import Positive, Section, Text
from pipelines.config.errors import Fault, raise_if_any
from pipelines.config.explain import did_you_mean

ToolType = Literal[
    "ai_notes", "content", "crm", "csp", "email", "messaging", "support", "survey", "video"
]
Capability = Literal[
    "calculated_metrics",
    "chat",
    "collaboration",
    "crm_integrated",
    "csp_integrated",
    "omnichannel",
    "social_listening",
]

_CAPABILITIES: Mapping[ToolType, tuple[Capability, ...]] = {
    "ai_notes": ("crm_integrated", "csp_integrated"),
    "content": (),
    "crm": ("csp_integrated",),
    "csp": ("calculated_metrics", "collaboration", "crm_integrated"),
    "email": ("crm_integrated", "csp_integrated"),
    "messaging": ("crm_integrated", "csp_integrated"),
    "support": ("chat", "crm_integrated", "csp_integrated", "omnichannel"),
    "survey": ("crm_integrated", "csp_integrated", "social_listening"),
    "video": ("crm_integrated", "csp_integrated"),
}


class Tool(Section):
    """A tool of the team, as far as a distribution model may ask for it."""

    name: Text = Field(description="What it is called.")
    type: ToolType = Field(description="What it is for; csp is the customer-success platform.")
    source: Text | None = Field(
        None, description="The source below that reads from it, where one does."
    )
    can: list[Capability] = Field(
        default_factory=list,
        description="What it can do, and with what it is integrated.",
    )
    recording_max_min: Positive | None = Field(
        None, description="Longest recording of a video tool in minutes."
    )

    @model_validator(mode="after")
    def _can_do_what_its_type_can(self) -> Tool:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        possible = _CAPABILITIES[self.type]
        for place, capability in enumerate(self.can):
            if capability not in possible:
                known = f"it may have {', '.join(possible)}" if possible else "it may have none"
                message = f'"{capability}" is not asked of a tool of type {self.type}; {known}'
                yield Fault(("can", place), message)
        if self.recording_max_min is not None and self.type != "video":
            yield Fault(("recording_max_min",), "is only for tools of type video")


def tool_faults(tools: Sequence[Tool], sources: Mapping[str, Any]) -> Iterator[Fault]:
    """Tools named twice, and tools of sources that are not configured."""
    seen: set[tuple[str, str]] = set()
    for place, tool in enumerate(tools):
        key = (tool.name.casefold(), tool.type)
        if key in seen:
            message = f'"{tool.name}" is already a tool of type {tool.type}'
            yield Fault(("tools", place, "name"), message)
        seen.add(key)
        if tool.source is not None and tool.source not in sources:
            message = f'"{tool.source}" is not a source; {did_you_mean(tool.source, sources)}'
            yield Fault(("tools", place, "source"), message)


@dataclass(frozen=True)
class KnownTool:
    """A tool that is there: named in `tools`, or what a connected source reads from."""

    name: str
    type: str
    source: str | None
    is_declared: bool
    capabilities: tuple[str, ...] = ()
    recording_max_min: int | None = None


def known_tools(tools: Sequence[Tool], sources: Mapping[str, Any]) -> list[KnownTool]:
    """All tools: those named, then each source of a typed kind that none of its type names."""
    declared = [
        KnownTool(
            tool.name,
            tool.type,
            tool.source,
            True,
            tuple(sorted(set(tool.can))),
            tool.recording_max_min,
        )
        for tool in tools
    ]
    named = {(tool.type, tool.source) for tool in declared}
    connected = [
        KnownTool(name, kind.tool_type, name, False)
        for name, settings in sources.items()
        if (kind := registry.kind(settings.kind)).tool_type is not None
    ]
    return declared + [tool for tool in connected if (tool.type, tool.source) not in named]
