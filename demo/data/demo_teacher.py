"""Offline teacher of the demo: right on the demo's own records, except for deliberate faults.

On other records it follows the rules of `demo.offline_teacher`. Runs inside engines, without a database.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

from demo.data.demo_task import AnsweredRecord, DemoTask, key_of
from demo.data.tasks import FOR_STUDIES, TASKS
from demo.offline_teacher import OfflineDraft
from demo.offline_teacher.client import OfflineClient
from generation.engine.clients.interface import Question
from generation.engine.contracts import TeacherSpec
from review.spec.prompting import completion
from review.spec.task_spec import TaskSpec


def open_teacher(teacher: TeacherSpec, task: TaskSpec) -> OfflineClient:
    """Open the client of the offline teacher; its parameter `defect_rate` replaces that of the demo task."""
    asked_rate = teacher.parameters.get("defect_rate")
    # Draw records only for tasks with the same fields, so that an order for mails does not wait.
    written = [field.name for field in task.output_schema]
    alike = [each for each in (*TASKS, *FOR_STUDIES) if [field.name for field in each.spec.output_schema] == written]

    def answer(question: Question) -> OfflineDraft | None:
        for demo in alike:
            key = key_of(question.facts)
            record = _records_of(demo.records).get(key) or _records_of(demo.newer).get(key)
            if record is not None and _fits(task, record):
                rate = demo.teacher_defects if asked_rate is None else float(asked_rate)
                return answer_of(demo, record, seed=question.seed, defect_rate=rate)
        return None

    return OfflineClient(teacher, task, answer=answer)


def answer_of(task: DemoTask, record: AnsweredRecord, *, seed: int, defect_rate: float) -> OfflineDraft:
    """Return the right answer, or one with a labelled fault; the same seed gives the same in any process."""
    rng = random.Random(f"{key_of(record.facts)} {seed}")
    if rng.random() >= defect_rate:
        return OfflineDraft(dict(record.fields))
    fields, fault = task.spoil(task.spec, record, rng)
    return OfflineDraft(fields, (fault,))


@cache
def _records_of(draw: Callable[[], Sequence[AnsweredRecord]]) -> dict[str, AnsweredRecord]:
    return {key_of(record.facts): record for record in draw()}


def _fits(task: TaskSpec, record: AnsweredRecord) -> bool:
    """Return whether the task still has the fields of the known answer: its lead may have changed them."""
    try:
        completion(task, record.fields)
    except ValueError:
        return False
    return True
