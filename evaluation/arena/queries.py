"""Questions about arenas, for pages, API and the verbs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from evaluation.arena import rule
from evaluation.arena.rule import JudgedPair
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Arena, ArenaPair, ArenaVote, Evaluation, EvaluationOutput
from evaluation.states import SystemKind
from evaluation.suites import queries as suite_queries
from members.models import Member
from review.desk.cards import card_facts
from review.desk.cards.card_facts import Fact
from review.models import Record, Task
from review.ports import DeskLink
from review.spec.readable import readable
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks.permissions import may, tasks_for
from review.text.grounding.passages import index_passages
from web.http.first_or_404 import first_or_404

if TYPE_CHECKING:
    from training.models import TrainingRun


@dataclass(frozen=True, slots=True)
class DealtPair:
    """A pair as a voter sees it: nothing of it tells who wrote which.

    Attributes:
        facts: Of the record, as the desk draws them; `raw_facts` as programs read them.
        left: The text on the left; `right` the other.
    """

    id: UUID
    title: str
    facts: list[Fact]
    raw_facts: Facts
    language: str
    left: str
    right: str


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Arena]:
    """Arenas of tasks the member may see, newest first."""
    arenas = Arena.objects.filter(task__in=tasks_for(member)).select_related("task", "created_by", "evaluation__run")
    return (arenas.filter(task=task) if task else arenas).order_by("-created_at", "-id")


def arena_or_404(member: Member, arena_id: UUID) -> Arena:
    related = ("evaluation__task_version", "evaluation__run__student")
    return first_or_404(
        visible(member).select_related(*related).filter(pk=arena_id), "There is no arena with this id that you can see."
    )


def open_arenas(task: Task) -> QuerySet[Arena]:
    """Arenas of a task that take votes, the first one first."""
    return Arena.objects.filter(task=task, closed_at__isnull=True).order_by("created_at", "id")


def may_see_result(member: Member, arena: Arena) -> bool:
    """Return whether a member reads the votes: leads always, others once it is closed; a standing sways a vote."""
    return not arena.is_open or may(member, arena.task, Role.LEAD)


def judged_pairs(arena: Arena) -> list[JudgedPair]:
    """All pairs of an arena with the votes that stand.

    Those that erasing took a text of keep their votes, and are dealt no more.
    """
    written = texts_left(arena)
    votes: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for pair, voter, verdict in standing_votes(arena).values_list("pair_id", "voter_id", "verdict"):
        votes[pair].append((voter, verdict))
    rows = (
        ArenaPair.objects.filter(arena=arena)
        .order_by("id")
        .values_list("id", "record_id", "left", "right", "is_identical", "is_doubled")
    )
    return [
        JudgedPair(id, record, left, right, is_identical, is_doubled and is_whole, tuple(votes[id]))
        for id, record, left, right, is_identical, is_doubled in rows
        if (is_whole := {(record, left), (record, right)} <= written) or votes[id] or is_identical
    ]


def texts_left(arena: Arena) -> set[tuple[UUID, int]]:
    """Records, each with the place of a system whose text for it is there.

    Erasing a record takes all that was written for it, and what baselines repeated for others.
    """
    rows = EvaluationOutput.objects.filter(
        evaluation=arena.evaluation_id, system__in=arena.systems, record__erased_at__isnull=True
    )
    return {(record, arena.systems.index(name)) for record, name in rows.values_list("record_id", "system")}


def standing_votes(arena: Arena) -> QuerySet[ArenaVote]:
    """Votes of an arena that were not taken back, the earliest first."""
    votes = ArenaVote.objects.filter(pair__arena=arena, retracts__isnull=True)
    return votes.filter(~Exists(ArenaVote.objects.filter(retracts=OuterRef("pk")))).order_by("created_at", "id")


def last_vote(arena: Arena, voter: Member) -> ArenaVote | None:
    """The voter's latest vote that stands: what undo takes back."""
    return standing_votes(arena).filter(voter=voter).last()


def vote_or_404(arena: Arena, vote_id: UUID, voter: Member) -> ArenaVote:
    return first_or_404(
        ArenaVote.objects.filter(pair__arena=arena, pk=vote_id, voter=voter, retracts__isnull=True),
        "You have no vote to take back.",
    )


def pair_or_404(arena: Arena, pair_id: UUID) -> ArenaPair:
    return first_or_404(ArenaPair.objects.filter(arena=arena, pk=pair_id), "There is no such pair in this arena.")


def next_pair(arena: Arena, voter: Member, *, first: UUID | None = None) -> DealtPair | None:
    """The pair a voter is dealt now; None when the arena is closed or nothing is left for them.

    Args:
        arena: With its evaluation's task version.
        first: A pair to deal before others, if they may vote on it: one whose vote was just taken back.
    """
    if not arena.is_open:
        return None
    pairs = judged_pairs(arena)
    dealt = rule.next_pair(pairs, len(arena.systems), arena.most_votes, seed=arena.seed, voter=voter.pk)
    chosen = next((pair for pair in pairs if pair.id == first and pair.is_free_for(voter.pk)), dealt)
    return _as_dealt(arena, chosen) if chosen else None


def _as_dealt(arena: Arena, pair: JudgedPair) -> DealtPair | None:
    spec = arena.evaluation.task_version.spec
    record = Record.objects.get(pk=pair.record_id)
    texts = texts_of(arena.evaluation, [arena.systems[pair.left], arena.systems[pair.right]], record_id=pair.record_id)
    facts = suite_queries.facts_given(arena.evaluation.suite)(record)
    shown = card_facts.shown_facts(spec, facts)
    grounds = index_passages(shown, spec.offer)
    return DealtPair(
        id=pair.id,
        title=record.title,
        facts=card_facts.record_facts(spec, facts, grounds, frozenset()),
        raw_facts=shown,
        language=spec.language,
        left=texts.get((record.pk, arena.systems[pair.left]), ""),
        right=texts.get((record.pk, arena.systems[pair.right]), ""),
    )


def texts_of(
    evaluation: Evaluation, systems: list[str], *, record_id: UUID | None = None
) -> dict[tuple[UUID, str], str]:
    """Texts of systems, as a person reads them, by record and system; without empty texts and erased records."""
    rows = EvaluationOutput.objects.filter(
        evaluation=evaluation, system__in=systems, record__erased_at__isnull=True
    ).only("record_id", "system", "text", "fields")
    if record_id is not None:
        rows = rows.filter(record_id=record_id)
    spec = evaluation.task_version.spec
    texts = {(row.record_id, row.system): _read(spec, row).strip() for row in rows}
    return {place: text for place, text in texts.items() if text}


def _read(spec: TaskSpec, output: EvaluationOutput) -> str:
    """Render an answer in the task's own layout; without its shape as it was written."""
    try:
        return readable(spec, output.fields) if output.fields else output.text
    except (ValueError, KeyError):
        return output.text


def comparable(evaluation: Evaluation) -> list[str]:
    """Systems whose answers can be compared, as the evaluation names them, the teacher first, then what was tuned."""
    kinds = evaluation.summary.get("kinds", {})
    order = [SystemKind.TEACHER, SystemKind.LORA, SystemKind.FULL, SystemKind.BASE, SystemKind.BASELINE]
    return sorted(kinds, key=lambda name: order.index(kinds[name]) if kinds[name] in order else len(order))


def teacher_and_own(evaluation: Evaluation) -> list[str] | None:
    """The teacher and the run that was evaluated; None where one of them has no answers."""
    kinds, own = evaluation.summary.get("kinds", {}), tuned_name(evaluation.run)
    teacher = next((name for name, kind in kinds.items() if kind == SystemKind.TEACHER), None)
    return [teacher, own] if teacher and own in kinds else None


def evaluated(run: TrainingRun) -> Evaluation | None:
    """The newest evaluation of a run in which its teacher answered too; None where there is none."""
    rows = Evaluation.objects.filter(run=run).exclude(summary={}).select_related("task", "task_version", "run")
    return next((each for each in rows.order_by("-created_at") if teacher_and_own(each)), None)


def desk_links(task: Task) -> list[DeskLink]:
    """Link from the desk to the task's open arena that was opened first; none where all are closed."""
    arena = open_arenas(task).only("pk").first()
    if arena is None:
        return []
    url = reverse("evaluation:arena-vote", args=[arena.pk])
    return [DeskLink(_("Arena"), url, _("Choose the better of two answers, without knowing who wrote them"))]
