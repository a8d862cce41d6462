"""The two small languages of a model: quality conditions and predicates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config.predicate import Comparison, parse_predicate
from pipelines.config.quality import QualityCondition, parse_quality
from pipelines.config.vocabulary import PERSONAS


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("notes<=2bd", QualityCondition("notes", "<=", 2, "business_days")),
        (" follow_up <= 1 bd ", QualityCondition("follow_up", "<=", 1, "business_days")),
        ("plan_updated<=5bd", QualityCondition("plan_updated", "<=", 5, "business_days")),
        ("duration>=60", QualityCondition("duration", ">=", 60, "minutes")),
        ("external_attendees>=1", QualityCondition("external_attendees", ">=", 1, "count")),
        ("objectives>=1", QualityCondition("objectives", ">=", 1, "count")),
        ("customer_validated", QualityCondition("customer_validated")),
        (
            "persona_any(exec_sponsor | economic_buyer)",
            QualityCondition(
                "persona_any", unit="personas", personas=("exec_sponsor", "economic_buyer")
            ),
        ),
    ],
)
def test_quality_conditions(text: str, condition: QualityCondition) -> None:
    assert parse_quality(text) == condition


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sentiment>=3", "known: external_attendees>=1, duration>=60, notes<=2bd"),
        ("notes", '"notes" is not complete; write it like notes<=2bd'),
        ("notes<=2", "write it like notes<=2bd"),
        ("notes>=2bd", "write it like notes<=2bd"),
        ("duration>=1bd", "write it like duration>=60"),
        ("customer_validated>=1", "write it like customer_validated"),
        ("notes(champion)", "write it like notes<=2bd"),
        ("persona_any", "write it like persona_any(exec_sponsor|champion)"),
        ("persona_any()", "no persona is named; known: exec_sponsor"),
        ("persona_any(ceo)", '"ceo" is not a persona; known: exec_sponsor, economic_buyer'),
        (5, "must be text, like notes<=2bd"),
    ],
)
def test_quality_conditions_that_are_refused(text: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_quality(text)

    assert message in str(caught.value)


PERSONA_CONDITIONS = st.builds(
    QualityCondition,
    st.sampled_from(["persona_any", "persona_all"]),
    unit=st.just("personas"),
    personas=st.lists(st.sampled_from(PERSONAS), min_size=1, unique=True).map(tuple),
)
DAY_CONDITIONS = st.builds(
    QualityCondition,
    st.sampled_from(["notes", "follow_up", "plan_updated"]),
    st.just("<="),
    st.integers(0, 1000),
    st.just("business_days"),
)


@given(PERSONA_CONDITIONS | DAY_CONDITIONS)
def test_a_condition_reads_back_from_its_own_text(condition: QualityCondition) -> None:
    assert parse_quality(str(condition)) == condition


@pytest.mark.parametrize(
    ("text", "any_of"),
    [
        ("band == red", ((Comparison("band", "==", ("red",)),),)),
        ("band == red for 28 days", ((Comparison("band", "==", ("red",), 28),),)),
        ("usage_change_28d <= -0.30", ((Comparison("usage_change_28d", "<=", (-0.3,)),),)),
        (
            "age_days > 30 and first_value_date is null",
            ((Comparison("age_days", ">", (30.0,)), Comparison("first_value_date", "is null")),),
        ),
        (
            "champion_inactive or owner_role_removed_14d",
            (
                (Comparison("champion_inactive", "is true"),),
                (Comparison("owner_role_removed_14d", "is true"),),
            ),
        ),
        ("tier in (T1,T2)", ((Comparison("tier", "in", ("T1", "T2")),),)),
        (
            "complexity_points_delta_30d >= 1 level",
            ((Comparison("complexity_points_delta_30d", ">=", (1.0,)),),),
        ),
    ],
)
def test_predicates(text: str, any_of: tuple[tuple[Comparison, ...], ...]) -> None:
    predicate = parse_predicate(text)

    assert predicate.any_of == any_of
    assert parse_predicate(str(predicate)) == predicate


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ticket_30d > 15", '"ticket_30d" is not a known signal; did you mean "tickets_30d"?'),
        ("tickets_30d >", "is not understood"),
        ("tickets_30d > many", '"many" is not a number'),
        ("tickets_30d", "it takes <, <=, >, >=, ==, !="),
        ("unresponsive > 3", "it takes is true"),
        ("tickets_30d > 15 levels", "tickets_30d is tickets opened"),
        ("band == blue", '"blue" is not a band; known: green, yellow, red'),
        ("", "must be text, like tickets_30d > 15"),
        ("tickets_30d > 15 and", "is not understood"),
    ],
)
def test_predicates_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_predicate(text)

    assert message in str(caught.value)
