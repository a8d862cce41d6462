"""What takes the place of dbt's internals gives what they give.

Belongs here: contexts, templates and events held against the pinned dbt's own. Does not: a build
(test_dbt_run), or how long anything takes (benchmarks).
"""

from __future__ import annotations

import marshal
from pathlib import Path
from typing import Any

import pytest
from dbt.clients.jinja import MacroStack
from dbt.context.macros import MacroNamespaceBuilder
from dbt_common.clients.jinja import get_template
from dbt_common.events import types
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.exceptions import CompilationError

from pipelines.dbt_shortcuts import shortcuts

NAMES = {
    "firm": ("only_here", "in_firm_and_dbt", "everywhere"),
    "helper": ("everywhere", "only_helper"),
    "dbt": ("in_firm_and_dbt", "everywhere", "in_both_internal"),
    "dbt_duckdb": ("in_both_internal", "everywhere"),
}
TEMPLATE = "{% set names = [] %}{% do names.append(1) %}select {{ names | length }} as {{ name }}"


class Macro:
    """As much of dbt's macro as a namespace asks for."""

    def __init__(self, package: str, name: str) -> None:
        self.package_name, self.name = package, name
        self.unique_id = f"macro.{package}.{name}"


def means(package: str) -> dict[str, Any]:
    """Which macro each name means in a node of the package, by any way of asking."""
    macros = {p: {n: Macro(p, n) for n in names} for p, names in NAMES.items()}
    builder = MacroNamespaceBuilder("firm", package, MacroStack(), ["dbt_duckdb", "dbt"], None)
    namespace = builder.build_namespace(macros, {})  # type: ignore[arg-type]
    by_name = {name: namespace[name] for name in namespace}
    named = {n: m.macro.unique_id for n, m in by_name.items() if not isinstance(m, dict)}
    inside = {n: sorted(m) for n, m in by_name.items() if isinstance(m, dict)}
    asked = {
        f"{p}.{n}": found.macro.unique_id  # type: ignore[attr-defined]
        for p in (None, *NAMES)
        for n in ("everywhere", "in_both_internal", "only_helper")
        if p != "dbt_duckdb" and (found := namespace.get_from_package(p, n)) is not None
    }
    return {**named, **inside, **asked}


@pytest.mark.parametrize("package", ["firm", "helper"])
def test_a_name_means_the_macro_that_dbt_would_find(package: str) -> None:
    theirs = means(package)
    with shortcuts(None):
        assert means(package) == theirs
    assert theirs["everywhere"] == f"macro.{package}.everywhere"


@pytest.mark.parametrize("native", [False, True])
def test_a_template_that_was_kept_gives_the_same(tmp_path: Path, native: bool) -> None:
    def rendered() -> Any:
        return get_template(TEMPLATE, {}, native=native).render({"name": "one"})

    theirs = rendered()
    for _ in ("compiled", "as kept"):
        with shortcuts(tmp_path):
            assert rendered() == theirs
    assert theirs == "select 1 as one"


def test_only_a_template_that_is_new_is_compiled(tmp_path: Path) -> None:
    with shortcuts(tmp_path):
        get_template(TEMPLATE, {})
    [kept] = tmp_path.iterdir()
    made_by, known = marshal.loads(kept.read_bytes())
    [key] = known
    other = compile("this = 'was taken from the file'", "<template>", "exec")
    kept.write_bytes(marshal.dumps((made_by, {key: other})))
    with shortcuts(tmp_path), pytest.raises(CompilationError):
        get_template(TEMPLATE, {})  # what the file says is no template


@pytest.mark.parametrize("content", [b"", b"no marshal", marshal.dumps(("dbt 1.0", {b"": 1}))])
def test_what_another_version_kept_or_nobody_can_read_is_made_anew(
    tmp_path: Path, content: bytes
) -> None:
    kept = tmp_path / "templates.bin"
    kept.write_bytes(content)
    with shortcuts(tmp_path):
        assert get_template(TEMPLATE, {}).render({"name": "one"}) == "select 1 as one"
    assert kept.read_bytes() != content


def test_all_but_debug_events_are_told_whatever_level_they_are_given() -> None:
    told: list[str] = []
    manager = EventManager()
    manager.add_callback(lambda message: told.append(message.info.msg))
    with shortcuts(None):
        manager.fire_event(types.Formatting(msg="of its own level, info"))
        manager.fire_event(types.SystemStdErr(bmsg="debug"))
        manager.fire_event(types.Note(msg="made an error"), level=EventLevel.ERROR)
        manager.fire_event(types.Note(msg="made debug"), level=EventLevel.DEBUG)
    assert told == ["of its own level, info", "made an error"]


def test_afterwards_dbt_is_as_it_was() -> None:
    before = {name: vars(EventManager)[name] for name in ("fire_event",)}
    with shortcuts(None):
        assert vars(EventManager)["fire_event"] is not before["fire_event"]
    assert {name: vars(EventManager)[name] for name in before} == before
