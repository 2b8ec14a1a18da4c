"""Writes a judge's answers beside the texts they are about, once its job has ended; forgets texts that are erased."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from generation.judges import pair_prompt, trained
from generation.judges.acceptance import act
from generation.models import Call, JudgedPair, JudgedText, Judging
from jobs.models import Job, JobEvent
from jobs.states import FINISHED
from review.desk import ordering
from review.models import Task

_CHUNK = 500


@transaction.atomic
def on_job_ended(job: Job) -> None:
    """Take in what a judge answered, however its job ended: all of it is paid. Once more after a resume.

    The task's row is locked first, as whoever erases locks it: what is erased meanwhile would be written once more.
    """
    made = Judging.objects.filter(order__job=job).select_related("order__task_version", "order__teacher").first()
    if made is None:
        return
    Task.objects.select_for_update().get(pk=made.task_id)
    answered = made.order.kept_answers()
    if made.is_pairwise:
        _take_comparisons(made, answered)
    else:
        _take_verdicts(made, answered)
    # They stand beside their texts now, where they can be erased.
    answered.update(fields=None)
    ordering.order_anew(made.task_id)
    act.look_after(made.task_id)


def _take_verdicts(judging: Judging, answered: QuerySet[Call]) -> None:
    spec, ids = judging.order.task_version.spec, judging.order.record_ids
    texts = JudgedText.objects.in_bulk([UUID(ids[place]) for place in answered.values_list("position", flat=True)])
    read_texts: list[JudgedText] = []
    for place, fields in answered.values_list("position", "fields"):
        text = texts.get(UUID(ids[place]))
        if text is not None and text.fields and fields:
            opinion = trained.read(judging.order.teacher, spec, fields)
            text.passes, text.meets, text.why = opinion.passes, opinion.meets, opinion.why
            text.confidence = opinion.confidence
            read_texts.append(text)
    JudgedText.objects.bulk_update(read_texts, ["passes", "meets", "why", "confidence"], batch_size=_CHUNK)


def _take_comparisons(judging: Judging, answered: QuerySet[Call]) -> None:
    pairs = {pair.place: pair for pair in JudgedPair.objects.filter(judging=judging)}
    for position, fields in answered.values_list("position", "fields"):
        pair = pairs.get(position // 2)
        if pair is None or not pair.first_fields or not fields:
            continue
        if position % 2:
            pair.swapped, pair.why_swapped = pair_prompt.read(fields)
        else:
            pair.as_is, pair.why = pair_prompt.read(fields)
    JudgedPair.objects.bulk_update(pairs.values(), ["as_is", "swapped", "why", "why_swapped"], batch_size=_CHUNK)


def erase(record_ids: Sequence[UUID]) -> None:
    """Forget the texts of erased records and what the judge said of them in words; verdicts stay, which name nobody."""
    texts = JudgedText.objects.filter(record__in=list(record_ids))
    _forget_events(record_ids, [str(pk) for pk in texts.values_list("pk", flat=True)])
    for judging, place in texts.values_list("judging", "place"):
        calls = Call.objects.filter(order__judging=judging, position=place)
        calls.update(excerpt="", error_message="", fields=None)
    texts.update(fields={}, why="")
    pairs = JudgedPair.objects.filter(record__in=list(record_ids))
    for pair in pairs.select_related("judging__order"):
        order, both = pair.judging.order, (2 * pair.place, 2 * pair.place + 1)
        _forget_events(record_ids, [order.record_ids[position] for position in both])
        Call.objects.filter(order=order, position__in=both).update(excerpt="", error_message="", fields=None)
    pairs.update(first_fields={}, second_fields={}, why="", why_swapped="")


def _forget_events(record_ids: Sequence[UUID], told_of: Sequence[str]) -> None:
    for event in JobEvent.objects.filter(job__in=jobs_that_read(record_ids), payload__record__in=told_of):
        event.payload = {"call_id": event.payload.get("call_id", ""), "record": event.payload["record"], "erased": True}
        event.save(update_fields=["payload"])


def jobs_that_read(record_ids: Sequence[UUID]) -> set[UUID]:
    """Jobs whose run directories hold texts of these records."""
    job_ids: set[UUID | None] = set()
    for read in (JudgedText, JudgedPair):
        job_ids |= set(read.objects.filter(record__in=list(record_ids)).values_list("judging__order__job", flat=True))
    return {job for job in job_ids if job is not None}


def unfinished_jobs(record_ids: Sequence[UUID]) -> list[Job]:
    """Jobs that are not over and read texts of these records."""
    return list(Job.objects.filter(pk__in=jobs_that_read(record_ids)).exclude(state__in=FINISHED))
