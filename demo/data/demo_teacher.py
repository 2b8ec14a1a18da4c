"""The offline teacher as the demo has it: right on the demo's own records, but for faults it puts in on purpose.

On any other record it goes by the rules of `demo.offline_teacher`. Runs inside engines: knows no database.
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
    """The client of the offline teacher. Its parameter `defect_rate` replaces the share of faults that a demo task names."""
    asked_rate = teacher.parameters.get("defect_rate")
    # Records are drawn for tasks that write the same fields alone: an order for mails waits for none.
    written = [field.name for field in task.output_schema]
    alike = [each for each in (*TASKS, *FOR_STUDIES) if [field.name for field in each.spec.output_schema] == written]

    def answer(question: Question) -> OfflineDraft | None:
        for known in alike:
            record = _records_of(known.records).get(key_of(question.facts))
            if record is not None and _fits(task, record):
                rate = known.teacher_defects if asked_rate is None else float(asked_rate)
                return answer_of(known, record, seed=question.seed, defect_rate=rate)
        return None

    return OfflineClient(teacher, task, answer=answer)


def answer_of(task: DemoTask, record: AnsweredRecord, *, seed: int, defect_rate: float) -> OfflineDraft:
    """The right answer, or one with a labelled fault; the same seed gives the same in any process."""
    rng = random.Random(f"{key_of(record.facts)} {seed}")
    if rng.random() >= defect_rate:
        return OfflineDraft(dict(record.fields))
    fields, fault = task.spoil(task.spec, record, rng)
    return OfflineDraft(fields, (fault,))


@cache
def _records_of(draw: Callable[[], Sequence[AnsweredRecord]]) -> dict[str, AnsweredRecord]:
    return {key_of(record.facts): record for record in draw()}


def _fits(task: TaskSpec, record: AnsweredRecord) -> bool:
    """Compare the task's fields with the known answer: its lead may have changed them."""
    try:
        completion(task, record.fields)
    except ValueError:
        return False
    return True
