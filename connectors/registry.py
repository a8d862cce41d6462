"""Which kinds of source exist.

Belongs here: one line a kind. Does not: anything a kind's own package can say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from connectors.http.fields import FieldPlaces
from connectors.stream import Source, Stream
from connectors.write import Writable

_PACKAGES: Mapping[str, str] = {
    "custify": "connectors.custify",
    "files": "connectors.files",
    "gainsight": "connectors.gainsight",
    "google_calendar": "connectors.google_calendar",
    "hubspot": "connectors.hubspot",
    "salesforce": "connectors.salesforce",
    "zendesk": "connectors.zendesk",
}

_AT_THE_TOP = FieldPlaces()


@dataclass(frozen=True)
class Kind:
    """A kind of source: the model of its settings, and how to open one that is configured.

    `open_source(name, settings, base_dir)` resolves nothing secret and touches no network;
    relative paths in the settings are relative to `base_dir`, the folder of `sources.yaml`.
    `streams` are all that such a source can have, empty where configuration invents them;
    `custom_fields` says where in a record the fields lie that a user may name; `tool_type` what the
    team uses such a system for, None where that is not said by the kind alone; `writable` what can
    be written to it, if anything.
    """

    name: str
    settings: type[BaseModel]
    open_source: Callable[[str, Any, Path], Source]
    streams: tuple[Stream, ...] = ()
    custom_fields: FieldPlaces = _AT_THE_TOP
    tool_type: str | None = None
    writable: Writable | None = None


def kinds() -> tuple[str, ...]:
    """Names of all kinds, in alphabetical order."""
    return tuple(sorted(_PACKAGES))


def kind(name: str) -> Kind:
    """The kind called `name`; imports its package. Raises KeyError for an unknown one."""
    package = import_module(_PACKAGES[name])
    return Kind(
        name=name,
        settings=package.Settings,
        open_source=package.open_source,
        streams=getattr(package, "STREAMS", ()),
        custom_fields=getattr(package, "CUSTOM_FIELDS", _AT_THE_TOP),
        tool_type=getattr(package, "TOOL_TYPE", None),
        writable=getattr(package, "WRITABLE", None),
    )
