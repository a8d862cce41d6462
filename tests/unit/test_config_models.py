"""Coverage models: the shipped one, effective dates, and every rule between sections."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from config_files import CONFIG, DEFAULT_MODEL, default_data, model_messages
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import ConfigError, CoverageModel, load_models, model_in_force
from pipelines.config.base import Section
from pipelines.config.errors import Fault
from pipelines.config.health import Drift
from pipelines.config.tiers import Tier, band_faults
from pipelines.config.yaml_document import read_document

SPECIFICATION = CONFIG.parents[1] / "shared" / "spec" / "coverage_model.default.yaml"

Change = Callable[[dict[str, Any]], object]


def test_default_model_gives_the_hours_that_its_comments_promise() -> None:
    (model,) = load_models(CONFIG / "models")

    hours = {
        tier: sum(standard.per_year * standard.min for standard in standards) / 60
        + model.reactive_hours_per_year[tier]
        for tier, standards in model.standards.items()
    }
    assert hours == {"T1": 186, "T2": 81, "T3": 36, "T4": 18, "T5": 5.25}
    capacity = model.capacity
    net_hours = capacity.work_days * capacity.hours_day * (1 - capacity.internal_share)
    assert net_hours == pytest.approx(1170)


def test_default_model_says_what_the_specification_says() -> None:
    if not SPECIFICATION.is_file():
        pytest.skip("the specification is not beside this checkout")
    specified = CoverageModel.read(read_document(SPECIFICATION).data, date(2024, 1, 1))
    (model,) = load_models(CONFIG / "models")

    own = model.model_dump(mode="json", exclude={"activity_rules"})
    assert own == specified.model_dump(mode="json", exclude={"activity_rules"})


def test_every_key_of_the_default_model_is_explained() -> None:
    document = read_document(DEFAULT_MODEL)
    lines = ["", *DEFAULT_MODEL.read_text(encoding="utf-8").splitlines()]

    def is_explained(*path: str) -> bool:
        line = document.problem(Fault(path, "")).line or 0
        return "#" in lines[line] or lines[line - 1].lstrip().startswith("#")

    keys: list[tuple[str, ...]] = [(section,) for section in document.data]
    for section, field in CoverageModel.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            keys += [(section, key) for key in document.data[section]]
    assert [".".join(key) for key in keys if not is_explained(*key)] == []


def test_what_settles_a_standard_follows_its_family_unless_said() -> None:
    (model,) = load_models(CONFIG / "models")
    check_in, broadcast = model.standards["T1"][0], model.standards["T4"][3]

    assert check_in.accepted_types[:2] == ("check_in", "meeting")
    assert not check_in.is_automation_allowed
    assert broadcast.accepted_types == ("broadcast", "usage_recap")
    assert broadcast.is_automation_allowed


def write_models(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(DEFAULT_MODEL.read_bytes())
    return folder


def test_models_are_in_force_from_the_date_in_their_name(tmp_path: Path) -> None:
    models = load_models(write_models(tmp_path, "2026-04-01.yaml", "2025-01-01.yaml"))

    def effective(on: date) -> date:
        return model_in_force(models, on).effective_from

    assert [model.effective_from for model in models] == [date(2025, 1, 1), date(2026, 4, 1)]
    assert effective(date(2020, 1, 1)) == date(2025, 1, 1)
    assert effective(date(2026, 3, 31)) == date(2025, 1, 1)
    assert effective(date(2026, 4, 1)) == date(2026, 4, 1)
    assert effective(date(2030, 1, 1)) == date(2026, 4, 1)


@pytest.mark.parametrize(
    "name", ["january.yaml", "2026-13-01.yaml", "2026-1-1.yaml", "20260101.yaml", "2026-01-01.yml"]
)
def test_a_file_name_that_is_no_date_is_an_error(tmp_path: Path, name: str) -> None:
    write_models(tmp_path, "2025-01-01.yaml", name)

    with pytest.raises(ConfigError, match="is the date from which it holds") as caught:
        load_models(tmp_path)

    assert [Path(problem.file).name for problem in caught.value.problems] == [name]


def test_no_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no coverage model"):
        load_models(tmp_path)


def test_a_problem_is_told_with_its_line(tmp_path: Path) -> None:
    text = DEFAULT_MODEL.read_text(encoding="utf-8").replace("interval_d: 14", "interval_days: 14")
    line = next(i for i, row in enumerate(text.splitlines(), 1) if "interval_days: 14" in row)
    path = tmp_path / "2026-01-01.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_models(tmp_path)

    shown = str(caught.value).splitlines()
    unknown = (
        f'{path}:{line}: standards.T1[0].interval_days: unknown key; did you mean "interval_d"?'
    )
    assert unknown in shown
    assert f"{path}:{line - 2}: standards.T1[0].interval_d: is missing; add it" in shown


def at(*path: str | int, value: object) -> Change:
    """A change that sets one value."""

    def change(data: Any) -> None:
        for part in path[:-1]:
            data = data[part]
        data[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            at("capacity", "work_days", value="many"),
            'capacity.work_days: must be a whole number, not "many"',
        ),
        (
            at("capacity", "work_days", value=400),
            "capacity.work_days: must be at most 366, not 400",
        ),
        (
            at("capacity", "work_days", value=True),
            "capacity.work_days: must be a whole number, not true",
        ),
        (
            at("capacity", value=None),
            "capacity: is empty; must have keys below it, like {key: value}",
        ),
        (at("stats", "low_n", value=1.5), "stats.low_n: must be a whole number, not 1.5"),
        (
            at("renewals", "constant_fx", value=False),
            "renewals.constant_fx: must be true, the only choice so far; not false",
        ),
        (
            at("tiers", 0, "touch", value="hihg"),
            'tiers[0].touch: must be one of: high, mid, low, digital; not "hihg" (did you mean '
            '"high"?)',
        ),
        (
            at("tiers", 0, "models", 0, value="1:many[9,3)"),
            'tiers[0].models[0]: "1:many[9,3)" is not a distribution model; known: 1:1, many:1, '
            "many:many, and 1:many[from,to), like 1:many[10,25)",
        ),
        (
            at("tiers", 1, "arr_to", value=120000),
            "tiers[0].arr_from: T1 overlaps T2, which ends at 120000; each tier must start where "
            "the one below it ends",
        ),
        (
            at("tiers", 1, "arr_to", value=90000),
            "tiers[0].arr_from: T1 leaves a gap to T2, which ends at 90000; each tier must start "
            "where the one below it ends",
        ),
        (at("tiers", 4, "arr_from", value=1), "tiers[4].arr_from: the lowest tier must start at 0"),
        (
            at("tiers", 0, "arr_to", value=500000),
            "tiers[0].arr_to: the highest tier has no upper edge; write null",
        ),
        (
            at("standards", "T6", value=[]),
            'standards.T6: "T6" is not a tier; known here: T1, T2, T3, T4, T5',
        ),
        (
            lambda data: data["onboarding_hours"].pop("T3"),
            "onboarding_hours.T3: is missing; every tier needs one, 0 where there is nothing",
        ),
        (
            at("standards", "T1", 0, "schedule", value="roling"),
            "standards.T1[0]: schedule must be one of: rolling, fixed_calendar, anchored, "
            'lead_to_event, response, state, conditional; not "roling" (did you mean "rolling"?)',
        ),
        (
            lambda data: data["standards"]["T1"][0].pop("schedule"),
            "standards.T1[0]: schedule is missing; add it",
        ),
        (
            at("standards", "T1", 1, "interval_d", value=3),
            "standards.T1[1].interval_d: unknown key; known here: family, per_year",
        ),
        (
            at("standards", "T1", 0, "quality", 1, value="notes<=2"),
            'standards.T1[0].quality[1]: "notes<=2" is not complete; write it like notes<=2bd',
        ),
        (
            at("standards", "T1", 0, "accepts", value=["meting"]),
            "standards.T1[0].accepts[0]: must be one of: check_in",
        ),
        (
            at("standards", "T1", 0, "family", value="lunch"),
            'standards.T1[0].family: nothing is known to settle the family "lunch"; add accepts',
        ),
        (
            at("standards", "T1", 1, "family", value="check_in"),
            'standards.T1[1].family: the tier already has a standard "check_in"; keep one',
        ),
        (
            at("standards", "T1", 0, "satisfied_by_families", value=["business_review"]),
            'standards.T1[0].satisfied_by_families[0]: "business_review" is not another family',
        ),
        (
            at("standards", "T1", 0, "hard_max_d", value=7),
            "standards.T1[0].hard_max_d: must be at least interval_d",
        ),
        (
            at("standards", "T1", 6, "due_d", value=120),
            "standards.T1[6].open_d: must be more than due_d: both count back",
        ),
        (
            at("standards", "T1", 10, "due_business_days", value=1),
            "standards.T1[10]: write either due_business_hours or due_business_days",
        ),
        (
            at("standards", "T1", 5, "when", value="tier == T9"),
            'standards.T1[5].when: "T9" is not a tier; known here: T1, T2, T3, T4, T5',
        ),
        (at("health", "bands", "yellow", value=80), "health.bands.green: must be more than yellow"),
        (
            at("health", "override", "red_sentiment_caps", value=60),
            "health.override.red_sentiment_caps: must be less than bands.yellow",
        ),
        (
            at("health", "measures", "voc", "nps", value=10),
            "health.measures.voc.nps: has no score; add scoring.nps or scored_as_is",
        ),
        (
            at("health", "measures", "morale", value={"persona_coverage": 1}),
            "health.measures.morale: has no weight; add groups.morale",
        ),
        (
            at("health", "measures", "voc", value={}),
            "health.groups.voc: has no measures; add measures.voc",
        ),
        (
            at("health", "scoring", "ticket_30d", value=[{"linear": {"worst": 9, "best": 0}}]),
            'health.scoring.ticket_30d: "ticket_30d" is not a measure; did you mean "tickets_30d"?',
        ),
        (
            at(
                "health", "scoring", "tickets_30d", value={"steps": [[5, 88], [3, 63], [".inf", 1]]}
            ),
            "health.scoring.tickets_30d.steps: the bounds must rise",
        ),
        (
            at("health", "scoring", "tickets_30d", value={"steps": [[5, 88]]}),
            "health.scoring.tickets_30d.steps: the last bound must be inf",
        ),
        (
            at("health", "scoring", "tickets_30d", value={"tiers": ["T1"]}),
            "health.scoring.tickets_30d: write either steps or linear",
        ),
        (
            at("health", "not_applicable", "T9", value=[]),
            'health.not_applicable.T9: "T9" is not a tier; known here: T1, T2, T3, T4, T5',
        ),
        (
            at("health", "drift", "accepted", value=[{"measure": "ticket", "on": "2026-03-02"}]),
            'health.drift.accepted[0].measure: "ticket" is not a measure; did you mean "tickets"?',
        ),
        (
            at("health", "drift", "accepted", value=[{"measure": "tickets", "on": "2 March"}]),
            'health.drift.accepted[0].on: "2 March" is not a date; write it like 2026-05-04',
        ),
        (at("health", "drift", "points", value=0), "health.drift.points: must be more than 0"),
        (
            at("health", "measures", "voc", value={f"m{number}": 1 for number in range(60)}),
            "health.measures: has 67 measures; a score has room for 62",
        ),
        (at("crisis", "crisis_p", value=0.2), "crisis.crisis_p: must be less than watch_p"),
        (at("tooling", "prior_low", value=0.5), "tooling.prior_low: must be at most prior_high"),
        (
            at("capacity", "under_util", value=1.2),
            "capacity.under_util: must be less than over_util",
        ),
        (
            at("model_risk", "burnout_weeks", value="7 of 6"),
            'model_risk.burnout_weeks: must be like "4 of 6": so many weeks out of so many',
        ),
        (
            at("calibration", "horizons_d", value=[90, 30]),
            "calibration.horizons_d: must rise, each once",
        ),
        (
            at("calendar", "holidays", value={"GB": ["4 May"]}),
            'calendar.holidays.GB[0]: "4 May" is not a date; write it like 2026-05-04',
        ),
        (
            at("playbooks", 1, "id", value="usage_drop"),
            'playbooks[1].id: "usage_drop" is already the id of another playbook',
        ),
        (
            at("activity_rules", 0, "match", value={}),
            "activity_rules[0].match: a rule without a condition would match every activity",
        ),
        (
            at("activity_rules", 0, "match", "subject", value="("),
            "activity_rules[0].match.subject: not a regular expression: missing )",
        ),
        (
            at("activity_rules", 0, "match", "subject", value="(?!x)"),
            "activity_rules[0].match.subject: look-ahead, look-behind and back-references",
        ),
        (
            at("activity_rules", 0, "match", "channel", value="meeting"),
            'activity_rules[0].match.channel: must be a list, like [a, b], not "meeting"',
        ),
        (
            at("capacity", "accounts_per_csm", value=50),
            "capacity.accounts_per_csm: a target ratio cannot be set: accounts per CSM",
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, change: Change, message: str) -> None:
    messages = model_messages(tmp_path, change)

    assert any(found.startswith(message) for found in messages), messages
    assert len(messages) <= 3


def test_the_unchanged_model_has_no_mistake(tmp_path: Path) -> None:
    assert model_messages(tmp_path, lambda data: None) == []


def test_a_model_that_says_nothing_of_drift_holds_measures_all_the_same() -> None:
    data = default_data()
    del data["health"]["drift"]

    assert CoverageModel.read(data, date(2026, 1, 1)).health.drift == Drift(
        share=0.30, points=10, hold_d=7, accepted=[]
    )


def test_scoring_may_be_written_shorter(tmp_path: Path) -> None:
    data = default_data()
    data["health"]["scoring"]["tickets_30d"] = {"linear": {"worst": 20, "best": 0}}
    data["health"]["scoring"]["last_two_way_meeting_days"] = {"T1": [[35, 88], ["inf", 25]]}

    scoring = CoverageModel.read(data, date(2026, 1, 1)).health.scoring

    (linear,) = scoring["tickets_30d"]
    assert linear.linear is not None
    assert linear.linear.worst == 20
    (by_tier,) = scoring["last_two_way_meeting_days"]
    assert by_tier.tiers == ["T1"]
    assert by_tier.steps == [(35, 88), (float("inf"), 25)]


def tier(name: str, start: float, end: float | None) -> Tier:
    return Tier(
        id=name, name=name, arr_from=start, arr_to=end, touch="low", models=["1:1"], target_cts=1
    )


@given(st.lists(st.integers(1, 10**7), unique=True, max_size=6), st.data())
def test_bands_that_share_their_edges_cover_everything_in_any_order(
    inner: list[int], data: st.DataObject
) -> None:
    edges: list[int | None] = [0, *sorted(inner), None]
    tiers = [
        tier(f"T{position}", start or 0, end)
        for position, (start, end) in enumerate(itertools.pairwise(edges))
    ]
    shuffled = data.draw(st.permutations(tiers))
    assert list(band_faults(shuffled)) == []

    if inner:
        moved = data.draw(st.sampled_from([t for t in tiers if t.arr_from > 0]))
        wrong = moved.model_copy(update={"arr_from": moved.arr_from + 0.5})
        assert list(band_faults([wrong if t is moved else t for t in shuffled])) != []
