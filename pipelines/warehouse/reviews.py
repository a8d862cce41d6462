"""Signed-off reviews and releases as SQL reads them.

Belongs here: schema meta's review and release. Does not: what they mean (config, dbt).
"""

from __future__ import annotations

import duckdb

from pipelines.config.reviews import Reviews


def write_reviews(con: duckdb.DuckDBPyConnection, reviews: Reviews) -> None:
    """Replace `meta.review` and `meta.release`: a row a review and tier, a row a release."""
    con.execute("delete from meta.review")
    con.execute("delete from meta.release")
    for review in reviews.reviews:
        tiers: list[str] | list[None] = review.tiers or [None]
        for tier in tiers:
            con.execute(
                "insert into meta.review values (?, ?, ?, ?)",
                [review.quarter_start, tier, review.signed_off_on, review.by],
            )
    for release in reviews.releases:
        con.execute("insert into meta.release values (?, ?)", [release.on, release.name])
