"""Questions about evaluations, for pages and API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from evaluation.evaluations import answer, tables
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Arena, Evaluation, EvaluationOutput, SplitOpening, Suite
from evaluation.suites import queries as suite_queries
from members.models import Member
from review.models import Record, Task
from review.sources.judge_records.queries import is_withheld, require_may_ask
from review.spec.schema import Facts
from review.states import Role, Split
from review.tasks.permissions import may, tasks_for
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

RELATED = (
    "task",
    "run__student",
    "run__job",
    "run__miniature",
    "dataset_version__dataset",
    "task_version",
    "job",
    "teacher_order__job",
    "teacher_order__teacher",
    "opening__created_by",
    "suite__task_version",
)


def system_labels(evaluation: Evaluation, names: Iterable[str]) -> dict[str, str]:
    """Plain names of systems of an evaluation, in the order of the names that they are stored under."""
    plain = answer.labels(evaluation.summary, own_system=tuned_name(evaluation.run))
    return {name: plain.get(name, name) for name in names}


def by_id(evaluation_id: UUID) -> Evaluation:
    """An evaluation with what its job needs to know; for work that is no member's."""
    return Evaluation.objects.select_related(*RELATED).get(pk=evaluation_id)


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Evaluation]:
    """Evaluations of tasks the member may see, newest first."""
    evaluations = (
        Evaluation.objects.filter(task__in=tasks_for(member))
        .select_related(*RELATED)
        # A list names suites; who wants the cases of one asks for them.
        .defer("suite__cases")
        .order_by("-created_at", "-id")
    )
    return evaluations.filter(task=task) if task else evaluations


def evaluation_or_404(member: Member, evaluation_id: UUID | str) -> Evaluation:
    return first_or_404(
        visible(member).filter(pk=evaluation_id), "There is no evaluation with this id that you can see."
    )


def of_run(member: Member, run_id: UUID) -> Evaluation | None:
    """The newest evaluation of a run on a whole split, a finished one before one that is under way."""
    newest = list(visible(member).filter(run_id=run_id, suite=None)[:10])
    return next((evaluation for evaluation in newest if evaluation.is_done), newest[0] if newest else None)


def headlines(run_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the value of each run in the metric its task is judged by, of its newest evaluation on a whole split.

    Those on the test split that give no verdict are left out.
    """
    rows = Evaluation.objects.filter(run__in=list(run_ids), suite=None).exclude(summary={}).order_by("created_at", "id")
    newest: dict[UUID, dict[str, Any]] = {}
    for evaluation in rows.select_related("run").only("run", "summary", "run__number", "run__recipe"):
        metric, scored = tables.headline_metric(evaluation.summary), evaluation.summary.get("systems", {})
        cell = tables.cell(scored.get(tuned_name(evaluation.run), {}).get(metric.name), metric)
        if cell and not evaluation.summary.get("is_exploratory"):
            newest[evaluation.run_id] = {"metric": metric, **cell}
    return newest


def openings(task: Task) -> QuerySet[SplitOpening]:
    """Openings of a task's test split, the first one first."""
    return (
        SplitOpening.objects.filter(task=task)
        .select_related("created_by", "task", "evaluation__run", "evaluation__job")
        .defer("evaluation__summary", "evaluation__record_ids")
        .order_by("number")
    )


def visible_openings(member: Member, *, task: Task | None = None) -> QuerySet[SplitOpening]:
    """Openings in tasks the member may see, newest first."""
    rows = SplitOpening.objects.filter(task__in=tasks_for(member)).select_related("task", "created_by", "evaluation")
    return (rows.filter(task=task) if task else rows).order_by("-created_at", "-id")


def uncounted_reads(task: Task) -> int:
    """Return how many evaluations read the test split before openings were counted."""
    return Evaluation.objects.filter(task=task, split=Split.TEST, opening=None).exclude(summary={}).count()


def may_see_texts(member: Member, task: Task) -> bool:
    """Return whether a member may see which system wrote what.

    While an arena of the task is open its leads alone, for the others vote blind; and never who reviews the drafts that
    the task's miniatures judge.
    """
    if is_withheld(member, task):
        return False
    return may(member, task, Role.LEAD) or not Arena.objects.filter(task=task, closed_at__isnull=True).exists()


def require_texts(member: Member, task: Task) -> None:
    """Refuse who may not see which system wrote what.

    Raises:
        PermissionDenied: The task's miniatures judge drafts that the member reviews.
        Refusal: 409, an arena of the task is open.
    """
    require_may_ask(member, task)
    if not may_see_texts(member, task):
        raise Refusal(
            "arena_open",
            "An arena of this task is open: until it is closed only leads see which system wrote what.",
            hint="Vote in it, and read the answers once it is closed.",
            status=409,
        )


def outputs(evaluation: Evaluation, *, system: str = "") -> QuerySet[EvaluationOutput]:
    rows = EvaluationOutput.objects.filter(evaluation=evaluation).select_related("record").order_by("id")
    return rows.filter(system=system) if system else rows


@dataclass(frozen=True)
class RecordScores:
    """One metric of one system: by record the score, the company (empty where it stands for itself) and the facts."""

    scores: dict[str, float]
    companies: dict[str, str]
    facts: dict[str, Facts]


def scores_by_record(evaluation: Evaluation, *, system: str, metric: str) -> RecordScores:
    """One metric of a system by record; a record that was erased since, or has no such score, is left out."""
    rows = EvaluationOutput.objects.filter(evaluation=evaluation, system=system, record__erased_at__isnull=True)
    scores: dict[str, float] = {}
    companies: dict[str, str] = {}
    facts: dict[str, Facts] = {}
    for pk, kept, company, record_facts in rows.values_list("record", "scores", "record__group", "record__facts"):
        if metric in kept:
            scores[str(pk)], companies[str(pk)], facts[str(pk)] = kept[metric], company, record_facts
    return RecordScores(scores, companies, facts)


def records(evaluation: Evaluation, *, failing: str = "", by: str = "passes_all") -> QuerySet[Record]:
    """Records of an evaluation by title; with `failing`, those whose output of that system fails the score `by`."""
    chosen = EvaluationOutput.objects.filter(evaluation=evaluation)
    if failing:
        chosen = chosen.filter(system=failing, **{f"scores__{by}": 0})
    return Record.objects.filter(pk__in=chosen.values("record")).order_by("title", "pk")


def contrasting(
    evaluation: Evaluation, rows: QuerySet[Record], systems: list[str], metric: str, most: int
) -> list[Record]:
    """Return the first records of an evaluation, among them one for each way in which two systems can differ.

    Args:
        rows: Records in their order, which the returned ones keep.
        systems: Two systems; of one alone the first records are returned.
        metric: Score by which they differ.
        most: How many are returned, at least two.
    """
    outputs = EvaluationOutput.objects.filter(evaluation=evaluation, system__in=systems)
    scores = {(pk, name): kept.get(metric) for pk, name, kept in outputs.values_list("record", "system", "scores")}
    ids = list(rows.values_list("pk", flat=True))
    firsts: dict[bool, UUID] = {}
    for pk in ids:
        own, other = (scores.get((pk, name)) for name in (systems[0], systems[-1]))
        if own is not None and other is not None and own != other:
            firsts.setdefault(own > other, pk)
    return list(rows.filter(pk__in=list(dict.fromkeys([*firsts.values(), *ids]))[:most]))


def side_by_side(evaluation: Evaluation, records_shown: list[Record], systems: list[str]) -> list[dict[str, Any]]:
    """For each record what every system wrote, in the order of the systems."""
    outputs = EvaluationOutput.objects.filter(evaluation=evaluation, record__in=records_shown)
    by_place = {(output.record_id, output.system): output for output in outputs}
    facts_given = suite_queries.facts_given(evaluation.suite)
    return [
        {
            "record": record,
            "facts": facts_given(record),
            "outputs": [(system, by_place.get((record.pk, system))) for system in systems],
        }
        for record in records_shown
    ]


def facts_given(evaluation_id: UUID) -> Callable[[Record], Facts]:
    """Return a function that tells the facts that an evaluation's systems were given of a record."""
    evaluation = Evaluation.objects.select_related("suite__task_version").filter(pk=evaluation_id).first()
    return suite_queries.facts_given(evaluation.suite if evaluation else None)


def naming_records(task: Task, record_ids: AbstractSet[str]) -> Mapping[type[Model], int]:
    """Count the evaluations and suites of a task that are of some of these records."""
    evaluations = Evaluation.objects.filter(task=task).values_list("record_ids", flat=True)
    suites = Suite.objects.filter(task=task).values_list("cases", flat=True)
    cases = ([case["record"] for case in suite] for suite in suites.iterator())
    lists = {Evaluation: evaluations.iterator(), Suite: cases}
    return {model: sum(not record_ids.isdisjoint(ids) for ids in rows) for model, rows in lists.items()}
