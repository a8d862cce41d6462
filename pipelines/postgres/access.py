"""Who may read a schema's views: the configured roles, and nobody else.

Belongs here: granting and revoking. Does not: making roles, which is the server's owner's.
"""

from __future__ import annotations

from collections.abc import Collection

import psycopg
from psycopg import sql

_PUBLIC = "public"


def let_read(
    con: psycopg.Connection, schema: str, views: Collection[str], readers: Collection[str]
) -> None:
    """Let `readers` read these views; take away what any other role was given of them."""
    relations = sql.SQL(", ").join(sql.Identifier(schema, view) for view in sorted(views))
    place = sql.Identifier(schema)
    for role in sorted(_granted(con, schema, views) - set(readers)):
        loser = sql.SQL(_PUBLIC) if role == _PUBLIC else sql.Identifier(role)
        if views:
            con.execute(sql.SQL("revoke all on {} from {}").format(relations, loser))
        con.execute(sql.SQL("revoke all on schema {} from {}").format(place, loser))
    let_enter(con, schema, readers)
    for role in readers if views else ():
        con.execute(sql.SQL("grant select on {} to {}").format(relations, sql.Identifier(role)))


def let_enter(con: psycopg.Connection, schema: str, readers: Collection[str]) -> None:
    """Let `readers` use the schema, which alone lets nobody read anything."""
    for role in readers:
        con.execute(
            sql.SQL("grant usage on schema {} to {}").format(
                sql.Identifier(schema), sql.Identifier(role)
            )
        )


def _granted(con: psycopg.Connection, schema: str, views: Collection[str]) -> set[str]:
    """The roles, beside the owner, that were given anything of the schema or its views."""
    rows = con.execute(
        """
        with namespaces as (
            select oid, nspowner as owner, nspacl as acl
            from pg_namespace
            where nspname = %(schema)s
        ),
        given as (
            select owner, (aclexplode(acl)).grantee from namespaces
            union all
            select relowner, (aclexplode(relacl)).grantee
            from pg_class
            where relnamespace in (select oid from namespaces) and relname = any(%(views)s)
        )
        select distinct coalesce(role.rolname::text, 'public')
        from given
        left join pg_roles as role on given.grantee = role.oid
        where given.grantee <> given.owner
        """,
        {"schema": schema, "views": list(views)},
    ).fetchall()
    return {name for (name,) in rows}
