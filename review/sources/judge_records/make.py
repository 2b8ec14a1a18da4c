"""Makes a task that judges another's drafts, with golds of the decisions on them, each in its record's split.

So no draft of a company that is tested on ever trains the judge, and drafts of such companies say what it is worth.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.db import transaction

from audit import trail
from members.models import Member
from review import ports
from review.models import Decision, JudgeTask, Task
from review.sources import derived_records
from review.sources.derived_records import MOST, DerivedRow
from review.sources.imports import staging
from review.spec import judge_task
from review.spec.judge_task import BAD, GOOD, VERDICT, is_judge_task
from review.spec.task_spec import TaskSpec
from review.states import Role, Verdict
from review.tasks import authoring, permissions
from review.tasks.queries import latest_version
from web.db.keys import free_slug
from web.errors import Refusal

# Fewer of a kind teach nothing that can be told from the facts' wording.
LEAST_OF_A_KIND: Final = 8
_SLUG_CHARS: Final = 40


@dataclass(frozen=True)
class JudgeRecords:
    """Result of making or extending a judge task.

    Attributes:
        good: Drafts added that experts accepted as they were.
        bad: Drafts added that they edited or rejected.
        known: Drafts that the task had.
        left_out: Drafts longer than a fact may be, and those whose company stands on another side there.
        remaining: New drafts beyond what one act takes.
    """

    task: Task
    good: int
    bad: int
    known: int
    left_out: int
    remaining: int


@transaction.atomic
def make(task: Task, *, by: Member) -> JudgeRecords:
    """Make the task that judges a task's drafts, or add to it what was decided since.

    Verdicts given to many drafts at once are left out, as are follow-ups, known answers, and revoked and erased drafts.
    Of drafts whose facts and text are the same the newest decision counts. Records that are erased take theirs with
    them.

    Args:
        task: Whose decisions.
        by: A lead of it, and of the task that judges where there is one: what is in the one is seen by who sees the
            other.

    Raises:
        PermissionDenied: The member does not lead both tasks.
        Refusal: `judges_itself`, `not_a_judge_task`, `too_few_verdicts`, or `import_running` (409).
    """
    permissions.require(by, task, Role.LEAD)
    if is_judge_task(latest_version(task).spec):
        message = f"{task.name} judges drafts itself."
        raise Refusal("judges_itself", message, hint="Train a judge from the decisions of the task that it judges.")
    # Two at once would make two tasks.
    Task.objects.select_for_update().get(pk=task.pk)
    rows, too_long = _rows(task)
    counts = Counter(row.answer[VERDICT] for row in rows)
    if min(counts[GOOD], counts[BAD]) < LEAST_OF_A_KIND:
        raise Refusal(
            "too_few_verdicts",
            f"Experts took {counts[GOOD]:,} drafts as they were and {counts[BAD]:,} otherwise, each read by itself.",
            hint=f"A judge takes {LEAST_OF_A_KIND} of each kind at least; a few hundred teach it something.",
        )
    into = _task_for(task, by)
    staging.lock_task(into)
    fresh = derived_records.unknown(into, rows)
    new_rows = fresh[:MOST]
    digests = derived_records.take_in(task, into, new_rows, by=by, called="Judged drafts") if new_rows else set()
    added = Counter(row.answer[VERDICT] for row in new_rows if row.digest in digests)
    trail.record("judge_records_made", by=by, about=into, task=into.slug, of=task.slug, count=added.total())
    left_out = len(new_rows) - added.total() + too_long
    return JudgeRecords(into, added[GOOD], added[BAD], len(rows) - len(fresh), left_out, len(fresh) - len(new_rows))


def _task_for(task: Task, by: Member) -> Task:
    """The task that judges, made where there is none; Refusal where its newest version has another shape."""
    existing = JudgeTask.objects.select_related("task").filter(judged=task).first()
    if existing is None:
        slug = free_slug(Task.objects.all(), f"{task.slug[:_SLUG_CHARS].rstrip('-')}-judge", *ports.named_models())
        spec = judge_task.spec_of(latest_version(task).spec)
        made = authoring.create(name=f"Judge of {task.name}"[:80], slug=slug, spec=spec, by=by)
        JudgeTask.objects.create(task=made, judged=task)
        return made
    permissions.require(by, existing.task, Role.LEAD)
    if not is_judge_task(latest_version(existing.task).spec):
        message = f"{existing.task.name} was changed: it asks no longer whether a text is good or bad."
        raise Refusal("not_a_judge_task", message, hint="Give it back its facts, its text and its two labels.")
    return existing.task


def _rows(task: Task) -> tuple[list[DerivedRow], int]:
    """Every draft that was judged by itself, each text of a record once, drawn by hash; and how many were too long."""
    into = judge_task.spec_of(latest_version(task).spec)
    rows: dict[str, DerivedRow] = {}
    too_long = 0
    for decision in derived_records.golds_of(task):
        try:
            row = _row(decision, into)
        except ValueError:
            too_long += 1
        else:
            rows.setdefault(row.digest, row)
    # One act may not take all: what it takes is no choice of anybody's.
    return sorted(rows.values(), key=lambda row: sha256(row.digest.encode()).digest()), too_long


def _row(decision: Decision, into: TaskSpec) -> DerivedRow:
    draft, of = decision.draft, decision.draft.task_version.spec
    answer: dict[str, Any] = {VERDICT: GOOD if decision.verdict == Verdict.ACCEPT else BAD}
    facts = judge_task.facts_of(of, draft.record.facts, draft.fields)
    return derived_records.derive(draft.record, facts, answer, of=of, into=into)
