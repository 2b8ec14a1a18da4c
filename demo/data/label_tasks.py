"""Load a task of the demo whose right answers are known, by the product's own services.

Each step looks whether it was done, so that an interrupted load continues where it stopped.
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
# Who judges which share of what is judged.
SITTINGS = (("rosa", 0.55), ("ben", 0.45))
# Share of the records that both judge, so that there is an agreement to look at.
TWICE = 0.06
MOST_TWICE = 40


def load_task(demo: DemoTask, *, by: Member) -> bool:
    """Load what is missing of a task: its version, members, records, the teacher's drafts and the members' verdicts.

    A task of that address which a user made stays as it is, and the demo goes without its own.

    Returns:
        Whether anything was missing.

    Raises:
        RuntimeError: The teacher's order did not succeed.
    """
    task = Task.objects.filter(slug=demo.slug).first()
    is_new = task is None
    if task is None:
        task = _create(demo, by)
    elif not task.versions.filter(number=1, note=FIRST_NOTE).exists():
        return False
    records = demo.records()
    joined = task_steps.add_people(task)
    imported = _import(demo, task, records, by)
    wrote = task_steps.write_drafts(Source.objects.get(task=task, name=_source_name(demo)), count=len(records), by=by)
    if not DeskSettings.objects.filter(task=task).exists():
        task_steps.deal_decks(task, by, overlap_share=0)
    twice = _judge_twice(task, records, by)
    judged = _judge(demo, task, records) or twice
    return is_new or joined or imported or wrote or judged


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


def _import(demo: DemoTask, task: Task, records: Sequence[AnsweredRecord], by: Member) -> bool:
    def write(path: Path) -> None:
        rows = (record.facts | {"split": demo.split_of(record)} for record in records)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    return task_steps.import_rows(task, _source_name(demo), f"{demo.slug}.jsonl", write, by=by)


def _source_name(demo: DemoTask) -> str:
    return f"Demo {demo.spec.record_nouns}"


def _judge_twice(task: Task, records: Sequence[AnsweredRecord], by: Member) -> bool:
    """Have both judge some drafts in one transaction; the second overlooks every other fault."""
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
        wanted = round(len(records) * demo.judged_share * share)
        given = Decision.objects.filter(task=task, reviewer=member)
        if username != SITTINGS[0][0]:
            # What both judged counts once.
            given = given.exclude(draft__in=first.values("draft"))
        # The same ones in every load, so that what was recorded on their golds can be played back.
        waiting = Draft.objects.filter(task=task, state=DraftState.PENDING).select_related("record")
        drafts = sorted(waiting, key=simulated_reviewers.text_key)[: max(0, wanted - given.count())]
        if demo.in_bulk:
            drafts = simulated_reviewers.accept_right_ones(member, task, drafts, answers)
        simulated_reviewers.decide_certain_by_answers(member, drafts, answers)
        added = bool(drafts) or added
    return added
