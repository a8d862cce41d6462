"""Whatever happens while results are written back, in the end the source says what is published.

Belongs here: nights that are killed, refused and cut off, on a source kept in memory. Does not: how
vendors say so (unit tests of the connectors).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import TransientSourceError
from connectors.write import Answer, Held, Value, Write
from pipelines.config.write_back import WriteBack
from pipelines.home import Home
from pipelines.write_back.ledger import Ledger
from pipelines.write_back.published import Record
from pipelines.write_back.run import Asked, settle

NEVER_TAKEN = 13
KEYS = ("a", "b", "c", "d", "e")
SETTINGS = WriteBack(
    enabled=True,
    dry_run=False,
    fields={"health_score": "Score", "tier": "Tier", "as_of": "As_Of"},
)


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Source:
    """Records in memory; `troubles` come one a request, then all goes well."""

    records: dict[str, dict[str, Any]] = field(default_factory=lambda: {key: {} for key in KEYS})
    troubles: list[str] = field(default_factory=list)
    refusals: list[tuple[str, Value]] = field(default_factory=list)
    needless: int = 0
    batch_size: int = 2

    def field_problems(self, fields: Sequence[str]) -> Mapping[str, str]:
        return {}

    def held(self, keys: Sequence[str], fields: Sequence[str]) -> Mapping[str, Held]:
        return {key: Held({name: self.records[key].get(name) for name in fields}) for key in keys}

    def write(self, batch: Sequence[Write]) -> Sequence[Answer]:
        trouble = self.troubles.pop(0) if self.troubles else "none"
        if trouble == "killed before":
            raise Killed
        if trouble == "lost":
            raise TransientSourceError("the connection broke")
        answers = [self._answer(write, trouble) for write in batch]
        if trouble == "killed after":
            raise Killed
        if trouble == "taken, but lost":
            raise TransientSourceError("the answer was cut off")
        return answers

    def _answer(self, write: Write, trouble: str) -> Answer:
        if trouble == "locked":
            return Answer(write.key, "in use", may_pass=True)
        if write.fields.get("Score") == NEVER_TAKEN:
            self.refusals.append((write.key, str(dict(write.fields))))
            return Answer(write.key, "13 is not taken")
        held = self.records[write.key]
        self.needless += all(held.get(name) == v for name, v in write.fields.items())
        held.update(write.fields)
        return Answer(write.key)


Night = tuple[dict[str, dict[str, Value]], list[str]]
"""What is published of each record, and the troubles of the night."""

values = st.fixed_dictionaries(
    {},
    optional={
        "health_score": st.sampled_from([NEVER_TAKEN, 70, 80]),
        "tier": st.sampled_from(["T1", "T2", None]),
    },
)
troubles = st.lists(
    st.sampled_from(["none", "killed before", "killed after", "lost", "taken, but lost", "locked"]),
    max_size=4,
)
nights = st.lists(
    st.tuples(st.fixed_dictionaries(dict.fromkeys(KEYS, values)), troubles), min_size=1, max_size=4
)


def run_night(
    home: Home, source: Source, published: Mapping[str, Mapping[str, Value]], number: int
) -> None:
    day = f"2026-07-{number + 1:02d}"
    records = [
        Record(key, f"account {key}", key, {**known, "as_of": day})
        for key, known in published.items()
    ]
    ledger = Ledger(home, "crm", f"night-{number}", datetime(2026, 7, number + 1, tzinfo=UTC))
    try:
        settle(records, source, ledger, SETTINGS, Asked(accept=True))
    except Killed:
        return


@contextmanager
def lived_through(given_nights: Sequence[Night]) -> Iterator[tuple[Home, Source]]:
    """A home and its source after some nights."""
    with TemporaryDirectory() as folder:
        home, source = Home(Path(folder)), Source()
        for number, (published, trouble) in enumerate(given_nights):
            source.troubles = list(trouble)
            run_night(home, source, published, number)
        yield home, source


def expected(known: Mapping[str, Value], held: Mapping[str, Any]) -> bool:
    """Whether a record says what is published of it, or was refused."""
    if known.get("health_score") == NEVER_TAKEN:
        return True
    names = {"health_score": "Score", "tier": "Tier"}
    return all(held.get(names[ours]) == value for ours, value in known.items())


@settings(deadline=None, max_examples=60)
@given(nights)
def test_after_any_nights_a_calm_one_makes_the_source_say_what_is_published(
    given_nights: list[Night],
) -> None:
    with lived_through(given_nights) as (home, source):
        published, _ = given_nights[-1]
        source.troubles = []
        run_night(home, source, published, len(given_nights))

        assert all(expected(known, source.records[key]) for key, known in published.items())
        assert source.needless == 0

        refusals, told = len(source.refusals), {k: dict(v) for k, v in source.records.items()}
        run_night(home, source, published, len(given_nights) + 1)
        assert (len(source.refusals), source.records) == (refusals, told)


@settings(deadline=None, max_examples=60)
@given(nights)
def test_the_ledger_names_every_change_that_the_source_has(given_nights: list[Night]) -> None:
    with lived_through(given_nights) as (home, source):
        sent: dict[str, dict[str, list[Any]]] = {key: {} for key in KEYS}
        ledger = Ledger(home, "crm", "reader", datetime(2026, 8, 1, tzinfo=UTC))
        for entry in ledger.entries():
            for name, value in entry.new.items():
                sent[entry.record].setdefault(name, []).append(value)
        for key, held in source.records.items():
            assert all(value in sent[key][name] for name, value in held.items())
