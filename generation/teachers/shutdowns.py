"""Shutdowns of models: the warning on every page and answer that names such a model, and what could replace it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from generation.models import Order, PriceEntry, Teacher
from generation.money import prices
from generation.teachers import queries
from web.ports import Listeners, Port

WARNED_DAYS: Final = 90
# Of a model's price in one figure: as many tokens go in as come out of a draft with its prompt, three to one.
INPUT_SHARE: Final = Decimal("0.75")

# Answers whether what the second model writes was measured to be worse than what the first writes, both as
# `provider:model`; None where the two were never evaluated together.
IsWorse = Callable[[str, str], bool | None]
# The room that evaluates gives one for each list of warnings: it reads its rows once, however many pairs are asked
# about.
teacher_comparison: Port[[], IsWorse] = Port(lambda: lambda model, replacement: None)

# Told of a row of theirs that a page shows, such as a campaign, rooms above answer with the teachers that it asks.
teachers_named: Listeners[[object], list[Teacher]] = Listeners()


@dataclass(frozen=True)
class Replacement:
    """A model of the same provider that could take the place of one that is shut down.

    Attributes:
        was_measured: Whether an evaluation compared the two, and did not find it worse; False where none did.
    """

    model: str
    input_usd_per_million: Decimal
    output_usd_per_million: Decimal
    was_measured: bool


@dataclass(frozen=True)
class ModelShutdown:
    """Shutdown of a model, past or soon.

    Attributes:
        days_left: From today; 0 or less once it is gone.
        replacement: None where the table has no other model of the provider that stays.
    """

    provider: str
    model: str
    day: date
    days_left: int
    input_usd_per_million: Decimal
    output_usd_per_million: Decimal
    replacement: Replacement | None

    @property
    def is_over(self) -> bool:
        return self.days_left <= 0


def upcoming(
    today: date | None = None, *, models: Collection[tuple[str, str]] | None = None
) -> dict[tuple[str, str], ModelShutdown]:
    """Models that are shut down within the days of warning, or were, by provider and name; with `models` only those."""
    today = today or timezone.localdate()
    table, is_worse = list(prices.prices(today)), teacher_comparison()
    return {
        (entry.provider, entry.model): _shutdown(entry, table, today, is_worse)
        for entry in table
        if entry.shutdown_date
        and (entry.shutdown_date - today).days <= WARNED_DAYS
        and (models is None or (entry.provider, entry.model) in models)
    }


def of_models(models: Iterable[tuple[str, str]], *, today: date | None = None) -> list[ModelShutdown]:
    """Warnings for these models, given as provider and name, the soonest first and each once."""
    keys = set(models)
    if not keys:
        return []
    return sorted(upcoming(today, models=keys).values(), key=lambda each: (each.day, each.model))


def of_subjects(subjects: Iterable[object]) -> list[ModelShutdown]:
    """Warnings for the models that these name.

    Subjects are teachers, orders, and what rooms above have registered with `teachers_named`.
    """
    teachers: list[Teacher] = []
    models: list[tuple[str, str]] = []
    for each in subjects:
        if isinstance(each, Teacher):
            teachers.append(each)
        elif isinstance(each, Order):
            models += models_of_order(each.teacher_spec, each.variety)
        else:
            teachers += [teacher for group in teachers_named(each) for teacher in group]
    return of_models([*models, *((each.provider, each.model) for each in teachers if not queries.is_free(each))])


def of_teachers(teachers: Iterable[Teacher]) -> list[ModelShutdown]:
    """Warnings for the models of these teachers; miniatures and the built-in one are nobody's to shut down."""
    return of_models((each.provider, each.model) for each in teachers if not queries.is_free(each))


def models_of_order(teacher_spec: Mapping[str, Any], variety: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Provider and name of each model that an order asks, as it was launched: one, or those of a mix, and its judge."""
    variety = variety or {}
    specs = [teacher_spec, *(mixed["teacher"] for mixed in variety.get("teachers", []))]
    if variety.get("judge_spec"):
        specs.append(variety["judge_spec"])
    return [(spec.get("provider", ""), spec.get("model", "")) for spec in specs]


def _shutdown(entry: PriceEntry, table: Sequence[PriceEntry], today: date, is_worse: IsWorse) -> ModelShutdown:
    day = entry.shutdown_date or today
    return ModelShutdown(
        entry.provider,
        entry.model,
        day,
        (day - today).days,
        entry.input_usd_per_million,
        entry.output_usd_per_million,
        _replacement(entry, table, today, is_worse),
    )


def _replacement(entry: PriceEntry, table: Sequence[PriceEntry], today: date, is_worse: IsWorse) -> Replacement | None:
    """Remaining model with the nearest price, not measured as worse.

    Capability is not in the table; the price stands for it. Of two that are as near, the cheaper.
    """
    own = _blended(entry)
    staying = [
        other
        for other in table
        if other.provider == entry.provider
        and other.model != entry.model
        and (other.shutdown_date is None or (other.shutdown_date - today).days > WARNED_DAYS)
    ]
    for other in sorted(staying, key=lambda each: (abs(_blended(each) - own), _blended(each), each.model)):
        worse = is_worse(entry.label, other.label)
        if worse is not True:
            return Replacement(
                other.model, other.input_usd_per_million, other.output_usd_per_million, was_measured=worse is False
            )
    return None


def _blended(entry: PriceEntry) -> Decimal:
    return INPUT_SHARE * entry.input_usd_per_million + (1 - INPUT_SHARE) * entry.output_usd_per_million
