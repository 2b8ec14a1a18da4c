"""Evidence for acceptance without a person: a judge's word, experts' verdicts on its drafts and audits. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from generation.models import JudgedText, Judging, Teacher
from review.models import AcceptanceRule, Assignment, MachineAcceptance, RevisionRequest, Task, TaskVersion
from review.states import DraftState, Drawn, Verdict
from review.tasks.queries import latest_version
from stats import risk_control


@dataclass(frozen=True)
class Word:
    """Word that counts: a judge with its model, on one version of a task, asked in these words.

    Attributes:
        judge: The teacher's short name.
        version: The task version that texts were held against.
    """

    judge: str
    model: str
    prompt_version: int
    version: TaskVersion


@dataclass(frozen=True)
class KnownScores:
    """Drafts that experts judged and a judge passed, in the order of verdicts: how sure it was, and if it was wrong."""

    scores: list[float]
    wrong: list[bool]


@dataclass(frozen=True)
class Counted:
    """Verdicts that count for a threshold, and those of them that did not accept."""

    wrong: int
    of: int


@dataclass(frozen=True)
class Audit:
    """Experts' verdicts on the drafts that were left to them: how many they judged, those wrong, and how many wait."""

    judged: int
    wrong: int
    unread: int


def attempts(word: Word) -> int:
    """Count earlier tries of acceptance by this word."""
    tried = AcceptanceRule.objects.filter(task_version=word.version, judge=word.judge, judge_model=word.model)
    return tried.filter(prompt_version=word.prompt_version).count()


def active(task: Task | UUID) -> AcceptanceRule | None:
    """The rule by which drafts of a task are accepted now."""
    rules = AcceptanceRule.objects.filter(task=task, ended_at__isnull=True)
    return rules.select_related("task", "task_version").first()


def word_of(rule: AcceptanceRule) -> Word:
    return Word(rule.judge, rule.judge_model, rule.prompt_version, rule.task_version)


def score(meets: Mapping[str, bool], confidence: float | None) -> float:
    """Return how sure a judge is that a text it passed is good.

    Its own word counts; without one, 1 where nothing is missed, and less for each requirement that is.
    """
    if confidence is not None:
        return confidence
    missed = sum(not met for met in meets.values())
    return 1 - missed / (len(meets) + 1)


def known(task: Task, word: Word) -> KnownScores:
    """Return experts' verdicts on drafts that a judge passed, each judged by itself and without being asked for.

    Verdicts in bulk and imported ones are left out, as is all that a judge ever accepted; what was audited counts, so
    that a rule that its audit ended is not borne out again by what was known before. What an expert had written anew
    instead is wrong.
    """
    accepted = MachineAcceptance.objects.filter(draft=OuterRef("draft"), is_audit=False)
    revised = RevisionRequest.objects.filter(draft=OuterRef("draft"), result__isnull=False)
    ruled_at = Coalesce("draft__gold__decided_at", Subquery(revised.values("created_at")[:1]))
    rows = read(task, word).filter(ruled("draft__"), ~Exists(_asked_for()), ~Exists(accepted)).annotate(at=ruled_at)
    first: dict[UUID, tuple[datetime, float, bool]] = {}
    columns = ("draft", "at", "meets", "confidence", "draft__gold__verdict")
    for draft, at, meets, sure, verdict in rows.values_list(*columns):
        first.setdefault(draft, (at, score(meets, sure), verdict != Verdict.ACCEPT))
    in_turn = sorted(first.values(), key=lambda entry: entry[0])
    return KnownScores([sure for _, sure, _ in in_turn], [wrong for *_, wrong in in_turn])


def waiting(task: Task, word: Word) -> list[float]:
    """Return how sure a judge was of each draft that it passed and that waits, never judged."""
    waits = Q(draft__state__in=(DraftState.PENDING, DraftState.LEASED), draft__decisions__isnull=True)
    first: dict[UUID, float] = {}
    for draft, meets, sure in read(task, word).filter(waits).values_list("draft", "meets", "confidence"):
        first.setdefault(draft, score(meets, sure))
    return list(first.values())


def passed(task: Task, word: Word) -> list[float]:
    """Return how sure a judge was of each draft that it passed and that experts judged or that waits."""
    return [*known(task, word).scores, *waiting(task, word)]


def counted(task: Task, word: Word, threshold: float) -> Counted:
    """The verdicts that bear on a threshold, in proportion to all that it decides."""
    verdicts = known(task, word)
    among = [*verdicts.scores, *waiting(task, word)]
    places = risk_control.in_proportion(verdicts.scores, among, threshold)
    return Counted(sum(verdicts.wrong[place] for place in places), len(places))


def awaited(task: Task, drafts: Sequence[UUID]) -> AbstractSet[UUID]:
    """Return those of some drafts that a rule would accept which waits for verdicts: verdicts on these bear it out."""
    rule = active(task)
    if rule is None or rule.is_borne_out or rule.proposed is None:
        return frozenset()
    rows = read(task, word_of(rule)).values_list("draft", "meets", "confidence")
    draft_ids = set(drafts)
    return {draft for draft, meets, sure in rows if draft in draft_ids and score(meets, sure) >= rule.proposed}


def _asked_for() -> QuerySet[Assignment]:
    """Cards that the judging member had asked for: such drafts are chosen, and no sample."""
    judged_by = OuterRef("draft__gold__decision__reviewer")
    return Assignment.objects.filter(draft=OuterRef("draft"), reviewer=judged_by, drawn=Drawn.ASKED)


def ruled(to_draft: str) -> Q:
    """Drafts that experts judged one by one, or had written anew instead, which makes no gold."""
    revised = RevisionRequest.objects.filter(draft=OuterRef(f"{to_draft}pk"), result__isnull=False)
    one_by_one = {"isnull": False, "decision__bulk__isnull": True, "decision__imported_from__isnull": True}
    judged = Q(**{f"{to_draft}gold__{what}": value for what, value in one_by_one.items()})
    return judged | Q(Exists(revised), **{f"{to_draft}gold__isnull": True})


def read(task: Task, word: Word) -> QuerySet[JudgedText]:
    """Texts of drafts in use that a judge passed, in the order in which it was asked."""
    usable = Q(draft__erased_at__isnull=True, draft__revocation__isnull=True, draft__thread__isnull=True)
    return JudgedText.objects.filter(
        usable,
        judging__task=task,
        judging__prompt_version=word.prompt_version,
        judging__order__task_version=word.version,
        judging__order__teacher__slug=word.judge,
        judging__order__teacher_spec__model=word.model,
        draft__task_version=word.version,
        passes=True,
    ).order_by("judging__created_at", "place")


def audit_of(rule: AcceptanceRule) -> Audit:
    """Count the fate of drafts left to experts by a rule; those a reviewer had asked for tell nothing of the lot."""
    audited = MachineAcceptance.objects.filter(rule=rule, is_audit=True)
    verdicts = list(
        audited.filter(ruled("draft__"), ~Exists(_asked_for())).values_list("draft__gold__verdict", flat=True)
    )
    unread = audited.filter(draft__state__in=(DraftState.PENDING, DraftState.LEASED)).count()
    return Audit(len(verdicts), sum(verdict != Verdict.ACCEPT for verdict in verdicts), unread)


def judges_of(task: Task) -> list[Teacher]:
    """Teachers that have read drafts of a task's latest version, by name."""
    read = Judging.objects.filter(task=task, order__task_version=latest_version(task), first="")
    return list(Teacher.objects.filter(pk__in=read.values("order__teacher")).order_by("name"))


def rules_of(task: Task) -> QuerySet[AcceptanceRule]:
    """All tries of a task, the newest first."""
    return AcceptanceRule.objects.filter(task=task).select_related("task", "task_version", "started_by")


def standing(rule: AcceptanceRule) -> int:
    """Count the drafts that stand accepted by a rule: judged by nobody, not recalled, not erased."""
    return rule.acceptances.filter(is_audit=False, draft__state=DraftState.MACHINE).count()
