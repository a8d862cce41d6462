"""How CSMs are distributed over accounts: the four models, and what speaks for each.

Belongs here: when which model is observed, what must hold for it, its words, exceptions, and
critical points. Does not: the tiers that allow a model (tiers), the risks of one (model_risk).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from pipelines.config.base import (
    Amount,
    Count,
    DateText,
    Flag,
    Positive,
    PositiveAmount,
    Score,
    Section,
    Share,
    Text,
)
from pipelines.config.distribution_texts import WORDS, Model
from pipelines.config.errors import Fault, raise_if_any
from pipelines.config.explain import did_you_mean
from pipelines.config.tiers import distribution_model

_MIN_CRITERIA: dict[Model, int] = {"1:1": 2, "1:many": 2, "many:1": 2, "many:many": 3}
Touch = Literal["high", "mid", "low", "digital"]

ACCOUNT_COLUMNS = (
    "acquisition_channel",
    "complexity",
    "country",
    "currency",
    "industry",
    "lifecycle_stage",
    "segment",
    "tier",
    "time_zone",
)
"""What accounts can be told apart by without an attribute of their own."""

ATTRIBUTE_INPUTS = (
    "advisory",
    "co_marketing",
    "content_engagement",
    "customer_facing_dependency",
    "expansion_pipeline",
    "expected_ttv_days",
    "integration_partner",
    "needs_strategy",
    "planned_training_hours",
    "potential_seats",
    "services_potential",
)
"""What criteria ask that no column of the vocabulary says: found in an account's attributes."""


def _segment_dimension(text: str) -> str:
    is_attribute = text.startswith("attributes.") and len(text) > len("attributes.")
    if text not in ACCOUNT_COLUMNS and not is_attribute:
        raise ValueError(
            f'"{text}" is not a column that accounts can be told apart by; '
            f"{did_you_mean(text, ACCOUNT_COLUMNS)}; a column of your own is attributes.<its name>"
        )
    return text


class ModelText(Section):
    """A model in words; a text left out keeps the product's own."""

    description: Text | None = Field(None, description="What it is.")
    best_for: Text | None = Field(None, description="Whom it suits.")
    advantages: list[Text] | None = Field(None, description="What speaks for it.")
    challenges: list[Text] | None = Field(None, description="What it costs, and what goes wrong.")


class Band(Section):
    """A CSM with so many accounts: which accounts that suits."""

    accounts_from: Positive = Field(description="Accounts of the CSM, at least.")
    accounts_to: Positive | None = Field(
        description="Accounts of the CSM, fewer than this; null: no upper edge."
    )
    arr_from: Amount = Field(description="ARR of the account's family, at least.")
    arr_to: Amount | None = Field(description="ARR, less than this; null: no upper edge.")
    touch: list[Touch] = Field(
        min_length=1, description="Touch of the tiers whose accounts it suits."
    )
    max_accounts: Positive | None = Field(
        None, description="Suits only companies with fewer active accounts than this."
    )
    min_automated_standards: Positive | None = Field(
        None, description="Suits only where so many of the tier's standards can be automated."
    )
    max_contacts_per_quarter: Count | None = Field(
        None, description="Suits only accounts that turn to us at most so often in 13 weeks."
    )
    needs_simple_product: Flag = Field(False, description="Suits only accounts of low complexity.")
    min_automated_share: Share | None = Field(
        None,
        description="Suits only where at least this share of what the account gets is automated.",
    )

    @property
    def text(self) -> str:
        """The band as tiers name it: 1:many[10,25)."""
        end = "inf" if self.accounts_to is None else self.accounts_to
        return f"1:many[{self.accounts_from},{end})"

    @model_validator(mode="after")
    def _is_a_range(self) -> Band:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.accounts_to is not None and self.accounts_to <= self.accounts_from:
            yield Fault(("accounts_to",), "must be more than accounts_from")
        if self.arr_to is not None and self.arr_to <= self.arr_from:
            yield Fault(("arr_to",), "must be more than arr_from")


_BANDS = (
    Band(
        accounts_from=1,
        accounts_to=10,
        arr_from=100000,
        arr_to=None,
        touch=["high", "mid"],
        max_accounts=1000,
    ),
    Band(accounts_from=10, accounts_to=25, arr_from=50000, arr_to=100000, touch=["high", "mid"]),
    Band(
        accounts_from=25,
        accounts_to=50,
        arr_from=25000,
        arr_to=50000,
        touch=["mid", "low", "digital"],
        min_automated_standards=2,
    ),
    Band(
        accounts_from=50,
        accounts_to=100,
        arr_from=10000,
        arr_to=25000,
        touch=["low", "digital"],
        max_contacts_per_quarter=6,
    ),
    Band(
        accounts_from=100,
        accounts_to=None,
        arr_from=0,
        arr_to=10000,
        touch=["low", "digital"],
        needs_simple_product=True,
        min_automated_share=0.80,
    ),
)


class AccountModel(Section):
    """One account that is to be served otherwise than its tier says."""

    account: Text = Field(description="The account's id.")
    model: Annotated[Text, AfterValidator(distribution_model)] = Field(
        description="The model meant for it, instead of its tier's."
    )
    reason: Text = Field(description="Why.")
    by: Text = Field(description="Who decided it.")
    valid_from: DateText = Field(description="First day.")
    valid_to: DateText = Field(description="First day no longer: it is looked at again by then.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> AccountModel:
        if self.valid_to <= self.valid_from:
            raise_if_any([Fault(("valid_to",), "must be after valid_from")])
        return self


def _people_led() -> list[Touch]:
    return ["high", "mid"]


class Surge(Section):
    """Critical points, at which an account may need more people for a time."""

    touch: list[Touch] = Field(
        default_factory=_people_led,
        min_length=1,
        description="Touch of the tiers whose accounts are watched.",
    )
    rules: list[Text] = Field(
        default_factory=lambda: ["complexity_step_up"],
        description="Ids of playbooks that mark a critical point when they fire.",
    )
    quiet_d: Positive = Field(
        30, description="Days without an escalation after which the next is a new point."
    )
    min_hours: Amount = Field(
        1.0, description="Hours in 30 days that make who was not there before an added person."
    )
    tolerance: Amount = Field(
        0.25,
        description="Hours a week may stay above those before by this share to count as back.",
    )


class Distribution(Section):
    """How CSMs are distributed over accounts, and what would fit."""

    dominant_share: Share = Field(
        0.80, description="Share of CSMs' hours with which one CSM alone serves an account."
    )
    contributor_share: Share = Field(
        0.20, description="Share of CSMs' hours from which a CSM is one of an account's team."
    )
    min_hours: Amount = Field(
        1.0, description="CSMs' hours in a month below which assignments alone are looked at."
    )
    min_evaluable: Share = Field(
        0.50, description="A model fits only where this share of its criteria is known."
    )
    min_criteria: dict[Model, Count] = Field(
        default_factory=lambda: dict(_MIN_CRITERIA),
        description="By model, how many of its criteria must hold. Default: 2; many:many 3.",
    )
    texts: dict[Model, ModelText] = Field(
        default_factory=dict, description="By model, your own words for it."
    )
    bands: list[Band] = Field(
        default_factory=lambda: list(_BANDS),
        min_length=1,
        description="Ranges of accounts a CSM holds in 1:many, and the accounts they suit.",
    )
    account_models: list[AccountModel] = Field(
        default_factory=list,
        description="Accounts that are to be served otherwise than their tier says, for a time.",
    )
    segment_dimensions: list[Annotated[Text, AfterValidator(_segment_dimension)]] = Field(
        default_factory=lambda: ["tier", "segment", "industry", "country", "complexity"],
        description="Columns that accounts are told apart by; your own: attributes.<name>.",
    )
    functions: dict[Text, list[Text]] = Field(
        default_factory=lambda: {
            "implementation": ["implementation", "onboarding"],
            "migration": ["migration", "data"],
            "training": ["training", "enablement", "education"],
            "goals": ["customer success", "success", "csm", "strategy"],
        },
        description="By what an account may need, the words that a person's function may use.",
    )
    attributes: dict[Text, Text] = Field(
        default_factory=dict,
        description="Your column for what criteria ask and no standard column says. Default: the "
        "same name.",
    )
    enterprise_segments: list[Text] = Field(
        default_factory=lambda: ["enterprise"],
        description="Segments that are enterprises; case does not matter.",
    )
    upsell_pipeline_share: Share = Field(
        0.20, description="Open expansion over ARR from which there is much to sell."
    )
    whitespace_share: Share = Field(
        0.30, description="Share of possible seats not sold from which there is much to sell."
    )
    time_to_value_d: Count = Field(
        90, description="Days to first value above which customers need reassurance."
    )
    training_hours: Amount = Field(
        20.0, description="Planned hours of training from which it is extensive."
    )
    low_touch_accounts: Positive = Field(
        1000, description="Accounts of low or digital touch from which a pool serves many."
    )
    automated_share: Share = Field(
        0.80, description="Share of what an account gets from which it is mostly automated."
    )
    demand_cv: PositiveAmount = Field(
        0.30, description="Deviation over mean of weekly hours from which demand is uneven."
    )
    content_engagement: Share = Field(
        0.50, description="Share of content used from which value is found without people."
    )
    digital_min_health: Score = Field(
        75.0, description="Lowest health score of an account that software can look after."
    )
    gross_margin: Share = Field(0.80, description="Share of ARR left after the cost of revenue.")
    expected_life_years: PositiveAmount = Field(
        5.0, description="Years that a customer is expected to stay."
    )
    lead_changes_12m: Positive = Field(
        2, description="Changes of lead within a year from which they are too many."
    )
    lead_tenure_d: Positive = Field(
        1095, description="Days with the same lead above which it is worth a look."
    )
    surge: Surge = Field(
        default_factory=Surge, description="Critical points, and the help that came."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Distribution:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.contributor_share > self.dominant_share:
            yield Fault(("contributor_share",), "must be at most dominant_share")
        for name in self.attributes:
            if name not in ATTRIBUTE_INPUTS:
                message = f'no criterion asks for "{name}"; {did_you_mean(name, ATTRIBUTE_INPUTS)}'
                yield Fault(("attributes", name), message)
        yield from self._band_faults("accounts_from", "accounts_to")
        yield from self._band_faults("arr_from", "arr_to")
        yield from self._exception_faults()

    def _band_faults(self, low: str, high: str) -> Iterator[Fault]:
        """Two bands must not both hold the same number."""
        ordered = sorted(enumerate(self.bands), key=lambda entry: getattr(entry[1], low))
        for (_, lower), (position, upper) in itertools.pairwise(ordered):
            end = getattr(lower, high)
            if end is None or end > getattr(upper, low):
                message = f"{upper.text} overlaps {lower.text}; bands must not share a number"
                yield Fault(("bands", position, low), message)

    def _exception_faults(self) -> Iterator[Fault]:
        """An account has one exception at a time."""
        ordered = sorted(
            enumerate(self.account_models),
            key=lambda entry: (entry[1].account, entry[1].valid_from),
        )
        for (_, first), (position, second) in itertools.pairwise(ordered):
            if first.account == second.account and first.valid_to > second.valid_from:
                message = f'"{second.account}" already has a model until {first.valid_to}'
                yield Fault(("account_models", position, "valid_from"), message)

    @property
    def models(self) -> list[dict[str, Any]]:
        """Each model with its words and the number of criteria that apply."""
        return [
            {
                "model": model,
                "min_criteria": self.min_criteria.get(model, _MIN_CRITERIA[model]),
                **asdict(words),
                **self.texts.get(model, ModelText()).model_dump(exclude_none=True),
            }
            for model, words in WORDS.items()
        ]

    @property
    def attribute_names(self) -> dict[str, str]:
        """Where each input that no standard column has is found among an account's attributes."""
        return {name: self.attributes.get(name, name) for name in ATTRIBUTE_INPUTS}

    def unknown_rules(self, playbooks: tuple[str, ...]) -> Iterator[Fault]:
        """Rules named by hand that are not playbooks of the model."""
        if "rules" in self.surge.model_fields_set:
            for position, rule in enumerate(self.surge.rules):
                if rule not in playbooks:
                    message = f'"{rule}" is not a playbook; {did_you_mean(rule, playbooks)}'
                    yield Fault(("surge", "rules", position), message)
