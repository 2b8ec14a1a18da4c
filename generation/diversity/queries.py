"""Questions about what came of a mix: how drafts differ, what stayed off the desk, and what was chosen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.http import Http404

from generation.diversity.measure import Diversity, measure
from generation.diversity.mix import MixSettings
from generation.models import BestOf, LeftOut, Order
from generation.states import ChosenBy, LeftOutReason
from review.models import DatasetVersion, Draft, Task
from review.text.search.words import texts_of_fields
from web.whole_numbers import whole_number

# The newest so many drafts of an order are measured.
MEASURED_DRAFTS = 2_000
SHOWN = 20
GOLD_SETS = 30
CHOSEN_BY_LABELS = {ChosenBy.CHECKS: "by checks", ChosenBy.JUDGE: "by the judge", ChosenBy.ALONE: "the only one"}


@dataclass(frozen=True, slots=True)
class TeacherShare:
    name: str
    slug: str
    share: float
    temperatures: list[float]


@dataclass(frozen=True, slots=True)
class MixOutcome:
    """Outcome of an order's variety.

    Attributes:
        teachers: Its teachers, with shares as parts of 1.
        not_best: Drafts left out because another of their record was chosen.
        chosen: How many records had their best chosen, by how, in words.
        newest_repeats: Some of the repeats, each with its draft and the one it repeats.
    """

    variety: MixSettings
    teachers: list[TeacherShare]
    repeats: int
    not_best: int
    chosen: dict[str, int]
    newest_repeats: list[LeftOut]
    followers: list[Order]

    @property
    def is_empty(self) -> bool:
        return self.variety == MixSettings() and not self.repeats


def mix_outcome(order: Order) -> MixOutcome:
    variety = MixSettings.model_validate(order.variety)
    left = LeftOut.objects.filter(order=order)
    counts = Counter(dict(left.values_list("reason").annotate(n=Count("pk")).order_by()))
    chosen = dict(BestOf.objects.filter(order=order).values_list("by").annotate(n=Count("pk")).order_by())
    repeats = left.filter(reason=LeftOutReason.DUPLICATE).select_related("draft__record", "because_of__record")
    return MixOutcome(
        variety=variety,
        teachers=_teachers(variety),
        repeats=counts[LeftOutReason.DUPLICATE],
        not_best=counts[LeftOutReason.NOT_BEST],
        chosen={CHOSEN_BY_LABELS[ChosenBy(by)]: number for by, number in chosen.items()},
        newest_repeats=list(repeats.order_by("-created_at")[:SHOWN]),
        followers=list(order.followers.select_related("job").order_by("created_at")),
    )


@dataclass(frozen=True, slots=True)
class TeacherDiversity:
    """Variety of one teacher's drafts, or of all of them."""

    name: str
    diversity: Diversity


def measure_order(order: Order) -> list[TeacherDiversity]:
    """Measure the variety of an order's newest drafts: all of them first, then by teacher where there are several."""
    if order.job_id is None:
        return []
    rows = Draft.objects.filter(job_id=order.job_id, erased_at__isnull=True).order_by("-created_at", "-id")
    drafts = list(rows.values_list("teacher", "fields")[:MEASURED_DRAFTS])
    texts: dict[str, list[str]] = {}
    for teacher, fields in reversed(drafts):
        texts.setdefault(teacher, []).append(texts_of_fields(fields))
    whole = [TeacherDiversity("All drafts", measure([text for of_one in texts.values() for text in of_one]))]
    return whole + [TeacherDiversity(name, measure(texts[name])) for name in sorted(texts) if len(texts) > 1]


def gold_sets(task: Task) -> list[tuple[str, str]]:
    """Frozen versions of the task's datasets, newest first: `slug@number` and what people call it."""
    return [
        (f"{version.dataset.slug}@{version.number}", f"{version.dataset.name} v{version.number}")
        for version in _frozen(task).order_by("-frozen_at")[:GOLD_SETS]
    ]


def gold_set_or_404(task: Task, key: str) -> DatasetVersion:
    """A frozen version of one of the task's datasets, by `slug@number`.

    Raises:
        Http404: The task has none of that name.
    """
    version = gold_set(task, key)
    if version is None:
        raise Http404(f"The task '{task.slug}' has no frozen set '{key}'; name one as slug@number.")
    return version


def gold_set(task: Task, key: str) -> DatasetVersion | None:
    """Return a frozen version by `slug@number`; None where the name is empty or its version is gone."""
    slug, _, number = key.rpartition("@")
    return _frozen(task).filter(dataset__slug=slug, number=whole_number(number, otherwise=0)).first()


def _frozen(task: Task) -> QuerySet[DatasetVersion]:
    return DatasetVersion.objects.filter(dataset__task=task, frozen_at__isnull=False).select_related("dataset")


def _teachers(variety: MixSettings) -> list[TeacherShare]:
    whole = sum(mixed.share for mixed in variety.teachers)
    return [
        TeacherShare(mixed.teacher.name, slug, mixed.share / whole, mixed.temperatures)
        for slug, mixed in zip(variety.slugs, variety.teachers, strict=True)
    ]
