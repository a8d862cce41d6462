"""What dbt does for each node of a build without need, left out; for dbt's own process alone.

Belongs here: replacements of dbt's internals that give the same, sooner; of small tables a build is
bound by them. Does not: which commands run (dbt_run), or the process (dbt_process). Each takes the
place of a method of the pinned dbt, and tests hold it against that.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import Any

_TEMPLATES = "templates.bin"
"""The compiled templates, beside the manifest."""


@contextmanager
def shortcuts(target: Path | None) -> Iterator[None]:
    """While the block runs: debug events are not told, macros are gathered at once, and templates
    that an earlier run compiled are taken from `target`, where it is given.
    """
    from dbt.context.macros import MacroNamespaceBuilder
    from dbt.context.manifest import ManifestContext
    from dbt_common.clients.jinja import MacroFuzzEnvironment
    from dbt_common.events.event_manager import EventManager

    templates = Templates.read(None if target is None else target / _TEMPLATES)
    replaced: list[tuple[type[Any], str, Any]] = [
        (EventManager, "fire_event", _told(EventManager.fire_event)),
        (MacroNamespaceBuilder, "build_namespace", _namespace),
        (ManifestContext, "to_dict", _context_of(ManifestContext.to_dict)),
        (MacroFuzzEnvironment, "compile", templates.compiled(MacroFuzzEnvironment.compile)),
    ]
    own = [vars(owner).get(name) for owner, name, _ in replaced]
    try:
        for owner, name, ours in replaced:
            setattr(owner, name, ours)
        yield
    finally:
        for (owner, name, _), theirs in zip(replaced, own, strict=True):
            if theirs is None:
                delattr(owner, name)  # it was inherited
            else:
                setattr(owner, name, theirs)
        templates.write()


def _told(fire_event: Any) -> Any:
    """Tell no debug events: two dozen a node, made ready at length for nobody."""
    from dbt_common.events.base_types import EventLevel

    def fire(manager: Any, e: Any, level: Any = None, *others: Any, **named: Any) -> None:
        if (level or e.level_tag()) is not EventLevel.DEBUG:
            fire_event(manager, e, level, *others, **named)

    return fire


def _namespace(
    builder: Any, macros_by_package: Mapping[str, Mapping[str, Any]], ctx: dict[str, Any]
) -> Any:
    """Every macro bound to a node's context. dbt adds them one by one, twice a node."""
    from dbt.clients.jinja import MacroGenerator
    from dbt.context.macros import MacroNamespace

    node, stack = builder.node, builder.thread_ctx
    bound = {
        package: {name: MacroGenerator(macro, ctx, node, stack) for name, macro in macros.items()}
        for package, macros in macros_by_package.items()
    }
    internal: dict[str, Any] = {}
    for package in reversed(builder.internal_package_names_order):
        internal |= bound.get(package, {})
    others = {p: m for p, m in bound.items() if p not in builder.internal_package_names}
    local = others.get(builder.search_package, {})
    is_root = builder.root_package == builder.search_package
    return MacroNamespace(
        global_namespace={} if is_root else others.get(builder.root_package, {}),
        local_namespace=local,
        global_project_namespace=internal,
        packages=others,
    )


def _context_of(to_dict: Any) -> Any:
    """A node's context with every macro in it by its name: that of the place dbt looks at first."""
    from dbt.context.base import BaseContext
    from dbt.context.macros import MacroNamespace

    def context_of(context: Any) -> dict[str, Any]:
        if not isinstance(context.namespace, MacroNamespace):
            return to_dict(context)  # type: ignore[no-any-return]
        named: dict[str, Any] = BaseContext.to_dict(context)
        for place in reversed(list(context.namespace._search_order())):
            named.update(place)
        return named

    return context_of


@dataclass
class Templates:
    """Compiled Jinja by its source: hundreds of templates, the same every night."""

    file: Path | None
    known: dict[bytes, CodeType] = field(default_factory=dict)
    _used: dict[bytes, CodeType] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path | None) -> Templates:
        """Those that were kept; none where the file is missing, broken, or another version's."""
        if file is not None:
            with suppress(OSError, ValueError, EOFError, TypeError):
                # The home is ours alone, like the manifest beside it.
                made_by, known = marshal.loads(file.read_bytes())  # noqa: S302
                if made_by == _made_by():
                    return cls(file, known)
        return cls(file)

    def compiled(self, compile_template: Any) -> Any:
        """Jinja's compilation, which is asked only for a source that is not known."""

        def compile_once(environment: Any, source: Any, *others: Any, **named: Any) -> Any:
            if others or named or not isinstance(source, str):
                return compile_template(environment, source, *others, **named)
            generator = environment.code_generator_class.__name__
            key = hashlib.sha256(f"{generator}\0{source}".encode()).digest()
            code = self.known.get(key)
            if code is None:
                code = compile_template(environment, source)
            self._used[key] = code
            return code

        return compile_once

    def write(self) -> None:
        """Keep what was used, if any of it is new."""
        if self.file is None or self._used.keys() <= self.known.keys():
            return
        new = self.file.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            new.write_bytes(marshal.dumps((_made_by(), self._used)))
            new.replace(self.file)


def _made_by() -> str:
    made_by = {name: version(name) for name in ("dbt-core", "dbt-common", "jinja2")}
    return f"{sys.version} {made_by}"
