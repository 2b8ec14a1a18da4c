"""Filters of a dataset. Pure; validated on entry and stored as JSON, so stored filters must parse for ever."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from review.spec.schema import FieldName, Strict
from review.spec.task_spec import CheckKind, OwnCheckKind
from review.states import MailOutcome
from review.text.near_duplicates.shingles import THRESHOLD
from web import zones
from web.errors import Refusal

Share = Annotated[float, Field(ge=0, le=1)]
AtLeastOne = Annotated[int, Field(ge=1)]
Copies = Annotated[int, Field(ge=2, le=10)]
# As large as a database's integer: a larger one cannot be looked up.
Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class DatasetFilters(Strict):
    """A selection of golds; an empty tuple means all. Revoked and erased samples are never part of one."""

    verdicts: tuple[Literal["accept", "edit", "reject"], ...] = ("accept", "edit")
    task_versions: tuple[Number, ...] = ()
    teachers: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    sources: tuple[str, ...] = Field((), description="Slugs of imports that brought the records.")
    rounds: tuple[Number, ...] = ()
    reviewers: tuple[str, ...] = ()
    agreement: Literal["any", "unanimous", "settled"] = Field(
        "any", description="unanimous: two or more experts agree, no ruling; settled: a lead ruled on it."
    )
    edit_size_from: Share | None = Field(
        None, description="Smallest share of words that an edit changed; accepts stay."
    )
    edit_size_to: Share | None = Field(None, description="Largest share of words that an edit changed; accepts stay.")
    decided_from: date | None = None
    decided_to: date | None = None
    zone: str = Field(
        "",
        description="Time zone in which these days are meant, such as Europe/Vienna; the installation's where empty.",
    )
    without_marks: bool = Field(False, description="Only drafts in which no check marked anything.")
    without_checks: tuple[CheckKind | OwnCheckKind, ...] = Field(
        (), description="Only drafts in which these checks marked nothing."
    )
    bulk: Literal["all", "without_accepts", "none"] = Field(
        "without_accepts", description="Verdicts given to many drafts at once. No one read the drafts of a bulk accept."
    )
    imported: Literal["all", "none", "only"] = Field("all", description="Verdicts given elsewhere and brought in.")
    machine: Literal["leave_out", "take"] = Field(
        "leave_out", description="Drafts that a judge accepted under a rule and no person has judged."
    )
    unjudged: Literal["leave_out", "take"] = Field(
        "leave_out",
        description="Unjudged training drafts of the same orders, in a separate file. "
        "Only the raw arm of a study uses them.",
    )
    cap_per_group: AtLeastOne | None = Field(None, description="At most so many rows of one group.")
    cap_per: dict[FieldName, AtLeastOne] = Field(
        default_factory=dict, description='At most so many rows of one value, by input field or label: {"sector": 500}.'
    )
    cap_order: Literal["newest", "random"] = Field(
        "newest", description="Which rows a cap keeps; random is the same draw every time."
    )
    near_duplicates: Annotated[float, Field(ge=0.5, le=1)] | None = Field(
        THRESHOLD,
        description="From which likeness of their words on rows count as the same (Jaccard, 0.5 to 1); null keeps all.",
    )
    contradictions: Literal["keep", "leave_out"] = Field(
        "keep", description="Approved examples with equal facts but different values: labels, yes or no, numbers, days."
    )
    personal_data: Literal["keep", "mask", "refuse"] = Field(
        "keep",
        description="How personal data in the text is handled: names, addresses, phone numbers, accounts, cards, "
        "numbers of passports and the like, dates of birth, IP addresses.",
    )
    given_names: bool = Field(
        False,
        description="Also find names with a list of given names. Catches more names, with some false positives.",
    )
    reasoning: Literal["keep", "drop"] = Field(
        "keep", description="Whether a student learns to write the reasoning before an answer, or the answer alone."
    )
    outcomes: tuple[MailOutcome, ...] = Field(
        (), description="Only drafts whose mail had one of these outcomes, such as a reply or a meeting."
    )
    without_outcomes: tuple[MailOutcome, ...] = Field(
        (), description="Only drafts whose mail had none of these outcomes, drafts that were never sent among them."
    )
    outcome_weights: dict[MailOutcome, Copies] = Field(
        default_factory=dict,
        description="Copies of a training row in the `sft` file if its mail had the outcome; the highest that applies "
        'counts: {"meeting": 3}.',
    )
    exploratory_pairs: bool = Field(
        False,
        description="Pairs in `dpo` of a text that was answered over one that was not, sent to one company for equal "
        "facts. No expert compared them: they are marked exploratory.",
    )
    outcomes_until: AwareDatetime | None = Field(
        None,
        description="Use the outcomes reported up to this time. If outcomes are selected, "
        "freezing sets it to as_of or now.",
    )
    as_of: AwareDatetime | None = Field(
        None, description="Use the decisions of this moment instead of the current ones."
    )

    @model_validator(mode="after")
    def _ranges_run_forward(self) -> DatasetFilters:
        sizes, days = (self.edit_size_from, self.edit_size_to), (self.decided_from, self.decided_to)
        if None not in sizes and sizes[0] > sizes[1]:  # type: ignore[operator]
            raise ValueError("edit_size_from is above edit_size_to")
        if days[0] and days[1] and days[0] > days[1]:
            raise ValueError("decided_from is after decided_to")
        if self.zone and zones.named(self.zone) is None:
            raise ValueError(f"'{self.zone}' is not a time zone; write one such as Europe/Vienna")
        if self.machine == "take" and self.as_of is not None:
            raise ValueError("a judge's acceptances are only known as of now: leave as_of empty")
        if self.unjudged == "take" and self.as_of is not None:
            raise ValueError("unjudged drafts are only known as of now: leave as_of empty")
        if both := sorted(set(self.outcomes) & set(self.without_outcomes)):
            raise ValueError(f"outcomes and without_outcomes both name {', '.join(both)}")
        return self

    @property
    def asks_for_outcomes(self) -> bool:
        return bool(self.outcomes or self.without_outcomes or self.outcome_weights or self.exploratory_pairs)

    @property
    def outcomes_by(self) -> datetime | None:
        """Until when outcomes count that were told; None for now."""
        return self.outcomes_until or self.as_of

    @property
    def takes_machine(self) -> bool:
        """Return whether drafts accepted by a judge may pass. Filters on reviewer, agreement or import exclude them."""
        is_narrowed = bool(self.reviewers) or self.agreement != "any" or self.imported == "only"
        return self.machine == "take" and "accept" in self.verdicts and not is_narrowed

    @property
    def has_caps(self) -> bool:
        return self.cap_per_group is not None or bool(self.cap_per)


def parse(raw: dict[str, Any] | None) -> DatasetFilters:
    """Validate filters that came from outside.

    Raises:
        Refusal: 400, naming each key that is wrong and what is known.
    """
    try:
        return DatasetFilters.model_validate(raw or {})
    except ValidationError as error:
        errors = {".".join(("filters", *_place(item["loc"]))): [item["msg"]] for item in error.errors()}
        names = ", ".join(DatasetFilters.model_fields)
        raise Refusal(
            "bad_filters", "The filters have mistakes.", hint=f"Known filters: {names}.", status=400, errors=errors
        ) from error


def _place(loc: tuple[int | str, ...]) -> list[str]:
    """Return the path of a mistake, without the parts that name the kinds of value tried."""
    return [part for part in map(str, loc) if not part.startswith(("literal[", "constrained-str"))]
