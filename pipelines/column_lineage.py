"""From which columns of other relations each column of a query takes its values.

Belongs here: one query's text, followed through its CTEs, subqueries and unions. Does not: which
queries there are, and what their relations are made of (model_lineage).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from pipelines.lineage import Columns, Lineage, Origin

_DIALECT = "duckdb"


class Unknown(Exception):
    """A query, or one of its columns, cannot be followed: nothing is said of it."""


def column_lineage(sql: str, known: Columns) -> Lineage:
    """The lineage of a query over relations whose columns are known.

    Columns that cannot be followed are left out. Raises `Unknown` where the query as a whole
    cannot be.
    """
    root = _scope(sql, known)
    follow = _Follow()
    found: Lineage = {}
    for name in _columns(root):
        try:
            found[name] = sorted(follow.column(root, name))
        except Unknown:
            continue
    return found


def _scope(sql: str, known: Columns) -> Scope:
    schema: dict[str, object] = {}
    for place in {relation.partition(".")[0] for relation in known}:
        schema[place] = {
            relation.partition(".")[2]: dict.fromkeys(columns, "VARCHAR")
            for relation, columns in known.items()
            if relation.startswith(f"{place}.")
        }
    try:
        query = sqlglot.parse_one(sql, read=_DIALECT)
        for table in list(query.find_all(exp.Table)):
            table.set("catalog", None)  # one file: its name says nothing
            if isinstance(table.this, exp.Func):
                _leave_out_condition(table)
        qualified = qualify(
            query,
            schema=schema,
            dialect=_DIALECT,
            quote_identifiers=False,
            validate_qualify_columns=False,
        )
        root = build_scope(qualified)
    except SqlglotError as error:
        raise Unknown(str(error)) from error
    if root is None or "*" in _columns(root):
        raise Unknown("it selects * of a relation whose columns are not known")
    return root


def _columns(scope: Scope) -> list[str]:
    """The names of the columns that a query gives, in order."""
    return cast("exp.Query", scope.expression).named_selects


def _leave_out_condition(function: exp.Table) -> None:
    """`x in (select name from function())` becomes `x`: what a function gives is not declared."""
    subquery = function.find_ancestor(exp.Subquery)
    if subquery is not None and isinstance(condition := subquery.parent, exp.In):
        condition.replace(condition.this)


class _Follow:
    """Follows columns from scope to scope; each once, however many queries read it."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], set[Origin]] = {}
        self._unknown: dict[tuple[int, str], Unknown] = {}

    def column(self, scope: Scope, name: str) -> list[Origin]:
        """What a column that the scope gives is computed from.

        Within a recursive query, where a column leads back to itself: what is found so far.
        """
        key = (id(scope), name)
        if key not in self._found:
            found = self._found[key] = set()
            try:
                for origin in self._column(scope, name):
                    found.add(origin)
            except Unknown as error:
                self._unknown[key] = error
        if key in self._unknown:
            raise self._unknown[key]
        return list(self._found[key])

    def _column(self, scope: Scope, name: str) -> Iterator[Origin]:
        query = scope.expression
        if scope.set_operation_scopes:
            branches = list(_same_column(scope, name))
            if not branches:
                raise Unknown(name)
            for branch, column in branches:
                yield from self.column(branch, column)
        elif isinstance(query, exp.Select):
            chosen = [s for s in query.selects if s.alias_or_name == name]
            if not chosen:
                raise Unknown(name)
            yield from self._expression(scope, chosen[0])
        else:  # unnest(...), range(...): what they are given
            yield from self._expression(scope, query)

    def _expression(self, scope: Scope, expression: exp.Expr) -> Iterator[Origin]:
        inner = {id(s.expression): s for s in scope.subquery_scopes}
        for node in expression.walk(prune=lambda n: id(n) in inner):
            if id(node) in inner:
                subquery = inner[id(node)]
                for name in _columns(subquery):
                    yield from self.column(subquery, name)
            elif isinstance(node, exp.Column):
                yield from self._reference(scope, node)

    def _reference(self, scope: Scope, column: exp.Column) -> Iterator[Origin]:
        where: Scope | None = scope
        while where is not None:
            source = where.sources.get(column.table)
            if isinstance(source, exp.Table):
                yield Origin(f"{source.db}.{source.name}", column.name)
                return
            if source is not None:
                yield from self.column(_union_of(where, source), column.name)
                return
            where = where.parent
        if not _is_parameter(column):
            raise Unknown(column.sql(_DIALECT))


def _union_of(scope: Scope, source: Scope) -> Scope:
    """The whole recursive query where `source` is its first branch, read within it."""
    above = scope.parent
    while above is not None:
        branches = above.set_operation_scopes
        if branches and branches[0].expression is source.expression:
            return above
        above = above.parent
    return source


def _same_column(union: Scope, name: str) -> Iterator[tuple[Scope, str]]:
    """The column of each branch that is a union's: by its name where it says so, else its place."""
    branches = [(scope, _columns(scope)) for scope in union.set_operation_scopes]
    if union.expression.args.get("by_name"):
        yield from ((scope, name) for scope, columns in branches if name in columns)
    elif name in (first := branches[0][1]):
        yield from ((scope, columns[first.index(name)]) for scope, columns in branches)


def _is_parameter(column: exp.Column) -> bool:
    """Whether a name is that of a lambda's parameter, or of a field of one."""
    first = column.parts[0].name
    above = column.find_ancestor(exp.Lambda)
    while above is not None:
        if any(parameter.name == first for parameter in above.expressions):
            return True
        above = above.find_ancestor(exp.Lambda)
    return False
