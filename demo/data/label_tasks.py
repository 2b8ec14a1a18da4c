"""Loader of demo tasks whose right answers are known, by the product's own services.

Each step checks whether it was done, so that an interrupted load continues.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from demo.data import simulated_reviewers, task_steps
from demo.data.demo_task import TRAIN_FRACTION, VALIDATION_FRACTION, AnsweredRecord, DemoTask, key_of
from members.models import Member
from review.models import Decision, DeskSettings, Draft, Source, Task
from review.spec.schema import Fields
from review.states import DraftState
from review.tasks import authoring

FIRST_NOTE = "The demo's first version"
# Share of the judged drafts by member.
SITTINGS = (("rosa", 0.55), ("ben", 0.45))
# Share of the records that both judge, so that the page *Agreement* has data.
TWICE = 0.06
MOST_TWICE = 40


def load_task(demo: DemoTask, *, by: Member) -> bool:
    """Load the missing parts of a task: its version, members, records, the teacher's drafts and the members' verdicts.

    A user's own task at that address stays unchanged and replaces the demo's.

    Returns:
        Whether any part was missing.

    Raises:
        RuntimeError: The teacher's order did not succeed.
    """
    task = Task.objects.filter(slug=demo.slug).first()
    is_new = task is None
    if task is None:
        task = _create(demo, by)
    elif not task.versions.filter(number=1, note=FIRST_NOTE).exists():
        return False
    records, name = demo.records(), f"Demo {demo.spec.record_nouns}"
    joined = task_steps.add_people(task)
    wrote = _write(demo, task, name, records, by)
    if not DeskSettings.objects.filter(task=task).exists():
        task_steps.deal_decks(task, by, overlap_share=0)
    twice = _judge_twice(task, records, by)
    judged = _judge(demo, task, records) or twice
    # Last, so that they stay unjudged and wait on the desk.
    newer = demo.newer()
    wrote_newer = bool(newer) and _write(demo, task, f"Newer {demo.spec.record_nouns}", newer, by)
    return is_new or joined or wrote or judged or wrote_newer


def _create(demo: DemoTask, by: Member) -> Task:
    return authoring.create(
        name=demo.name,
        slug=demo.slug,
        spec=demo.spec,
        by=by,
        note=FIRST_NOTE,
        train_fraction=TRAIN_FRACTION,
        validation_fraction=VALIDATION_FRACTION,
        seed=demo.seed,
    )


def _write(demo: DemoTask, task: Task, name: str, records: Sequence[AnsweredRecord], by: Member) -> bool:
    """Import records, and have the teacher write a draft of each; return whether any was missing."""

    def write(path: Path) -> None:
        rows = (record.facts | {"split": demo.split_of(record)} for record in records)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    imported = task_steps.import_rows(task, name, f"{demo.slug}.jsonl", write, by=by)
    source = Source.objects.get(task=task, name=name)
    return task_steps.write_drafts(source, count=len(records), by=by) or imported


def _judge_twice(task: Task, records: Sequence[AnsweredRecord], by: Member) -> bool:
    """Have both members judge some drafts in one transaction; the second overlooks every other fault."""
    if Decision.objects.filter(task=task).exists():
        return False
    answers = _answers(records)
    waiting = Draft.objects.filter(task=task, state=DraftState.PENDING).select_related("record")
    drafts = sorted(waiting, key=simulated_reviewers.text_key)[: min(MOST_TWICE, round(len(records) * TWICE))]
    faulty = [draft.pk for draft in drafts if not simulated_reviewers.is_right(draft, answers)]
    (first, _), (second, _) = SITTINGS
    with transaction.atomic():
        task_steps.deal_decks(task, by, overlap_share=1)
        for username, overlooks in ((first, ()), (second, faulty[::2])):
            member = Member.objects.get(username=username)
            simulated_reviewers.decide_certain_by_answers(member, drafts, answers, overlooks=overlooks)
        task_steps.deal_decks(task, by, overlap_share=0)
    return bool(drafts)


def _answers(records: Sequence[AnsweredRecord]) -> dict[str, Fields]:
    return {key_of(record.facts): record.fields for record in records}


def _judge(demo: DemoTask, task: Task, records: Sequence[AnsweredRecord]) -> bool:
    answers, added = _answers(records), False
    first = Decision.objects.filter(task=task, reviewer__username=SITTINGS[0][0])
    for username, share in SITTINGS:
        member = Member.objects.get(username=username)
        count = round(len(records) * demo.judged_share * share)
        verdicts = Decision.objects.filter(task=task, reviewer=member)
        if username != SITTINGS[0][0]:
            # A draft that both judged counts once.
            verdicts = verdicts.exclude(draft__in=first.values("draft"))
        # The same drafts in every load, so that recordings on their golds can be played back.
        waiting = Draft.objects.filter(task=task, state=DraftState.PENDING).select_related("record")
        drafts = sorted(waiting, key=simulated_reviewers.text_key)[: max(0, count - verdicts.count())]
        if demo.in_bulk:
            drafts = simulated_reviewers.accept_right_ones(member, task, drafts, answers)
        simulated_reviewers.decide_certain_by_answers(member, drafts, answers)
        added = bool(drafts) or added
    return added
