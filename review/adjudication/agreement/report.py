"""Agreement report of a task, for its page and the API. Cached until a new verdict, ruling or import."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.cache import caches
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from members.models import Member
from review.adjudication.agreement import blind_verdicts, figures, values
from review.adjudication.agreement.columns import VERDICTS
from review.adjudication.agreement.figures import AgreementCounts, AgreementFigures, AgreementWeek, ReviewerPair
from review.adjudication.agreement.values import LabelConfusion, TeacherAgreement
from review.desk.cards.values import all_values
from review.desk.decisions import queries
from review.models import Decision, KnownAnswer, Ruling, Source, Task
from review.states import SourceKind
from review.tasks.queries import latest_version
from stats.agreement.shares import AgreementShare, share
from web.caching import slow_figures

KEEP_S = 3600


@dataclass(frozen=True, slots=True)
class VerdictRates:
    """Shares of verdicts among so many, each with Wilson's interval."""

    accept: AgreementShare
    edit: AgreementShare
    reject: AgreementShare

    @property
    def of(self) -> int:
        return self.accept.of


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """Agreement in a task.

    Attributes:
        lines: What is compared, the verdict first.
        names: How pages call the reviewers of the pairs.
        random: Verdicts on the random slice: rates that no order of the queue colours.
        teacher: How often the teacher's values stay, seen and unseen.
    """

    units: int
    reviewers: int
    lines: list[AgreementFigures]
    pairs: list[ReviewerPair]
    weeks: list[AgreementWeek]
    names: dict[UUID, str]
    random: VerdictRates
    confusions: list[LabelConfusion]
    teacher: TeacherAgreement | None
    at: datetime


def report(task: Task) -> AgreementReport:
    """Return the report of a task.

    The same object again until a new verdict is given, or for as long as `at` is worth telling.
    """
    return slow_figures.figures(f"agreement:{task.pk}", lambda: report_now(task)).value


def report_now(task: Task) -> AgreementReport:
    """Return the report of a task as it is now, however long it takes."""
    key = f"agreement:{task.pk}:{_stamp(task)}"
    cached: AgreementReport | None = caches["figures"].get(key)
    if cached is None:
        cached = _computed(task)
        caches["figures"].set(key, cached, KEEP_S)
    return cached


def counts_of(task: Task) -> AgreementCounts:
    """Return the counts of verdicts on drafts that several reviewers judged; cached as the report is."""
    return slow_figures.figures(f"agreement-counts:{task.pk}", lambda: _counts(task)).value


def _counts(task: Task) -> AgreementCounts:
    key = f"agreement-counts:{task.pk}:{_stamp(task)}"
    cached: AgreementCounts | None = caches["figures"].get(key)
    if cached is None:
        cached = AgreementCounts(blind_verdicts.read_columns(task))
        caches["figures"].set(key, cached, KEEP_S)
    return cached


def rates(by_verdict: dict[str, int]) -> VerdictRates:
    """Shares of the three verdicts."""
    total = sum(by_verdict.get(verdict, 0) for verdict in VERDICTS)
    return VerdictRates(*(share(by_verdict.get(verdict, 0), total) for verdict in VERDICTS))


def _computed(task: Task) -> AgreementReport:
    spec = latest_version(task).spec
    columns = (
        blind_verdicts.read_columns(task) if any(field.value_type.is_value for field in spec.output_schema) else None
    )
    counts = AgreementCounts(columns) if columns else counts_of(task)
    pairs = figures.pairs_of(counts)
    ends = values.ending_with(columns) if columns else []
    people = {pk for pair in pairs for pk in (pair.one, pair.other)}
    names = {member.pk: member.name for member in Member.objects.filter(pk__in=people)}
    requirements = [requirement.name for requirement in spec.rubric]
    of_values = values.figures_of(spec, columns, ends) if columns and ends else []
    return AgreementReport(
        units=counts.units,
        reviewers=len(counts.reviewers),
        lines=figures.figures(counts, requirements) + of_values,
        pairs=pairs,
        weeks=figures.weeks_of(counts),
        names=names,
        random=rates(dict(Counter(decision.verdict for decision in queries.random_slice(task)))),
        confusions=values.confusions_of(spec, columns, ends) if columns and ends else [],
        teacher=values.teacher_agreement(task) if all_values(spec) else None,
        at=timezone.now(),
    )


def _stamp(task: Task) -> str:
    """Changes whenever something is said, ruled or imported; asks for the last of each, and scans nothing.

    Whoever can judge is a member of the task or an admin, and each one's last word is found by an index; verdicts of
    others come with an import.
    """
    last = Decision.objects.filter(reviewer=OuterRef("pk"), task=task).order_by("-created_at").values("pk")[:1]
    people = Member.objects.filter(Q(memberships__task=task) | Q(is_superuser=True)).annotate(last=Subquery(last))
    last_ids = sorted(str(pk) for pk in set(people.values_list("last", flat=True)) if pk)
    ruling = Ruling.objects.filter(draft__task=task).order_by("-created_at").values_list("pk", flat=True).first()
    source = Source.objects.filter(task=task, kind=SourceKind.DECISIONS).values_list("pk", flat=True).first()
    known_answers = KnownAnswer.objects.filter(task=task).count()
    parts = [*last_ids, str(ruling), str(source), str(known_answers), str(latest_version(task).pk)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
