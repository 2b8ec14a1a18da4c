"""Have a miniature write for a prospect typed in on the spot: read the facts, order the job, wait for it a while."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED
from jobs.supervisor import prune_runs
from members.models import Member
from review.models import Record
from review.sources.imports.cell_values import read_value
from review.sources.imports.record_import import title_of
from review.sources.judge_records import queries as judge_tasks
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks.permissions import require
from review.text.grounding.quoting import stray_quote
from training.inputs import run_inputs
from training.miniatures.written_text import facts_as_text
from training.models import Miniature
from training.students import registration
from web.errors import Refusal

KIND: Final = "write"
ARTEFACT: Final = "artefact"
POLL_S: Final = 0.15
TITLE_CHARS: Final = 80
UNTITLED: Final = "Write a text"
# Titles of jobs that read claims out of a file: no company is called so.
CHECKING: Final = "Check {} claims"
_OF_CLAIMS: Final = re.compile(CHECKING.format(r"\d+"))

_TypedFacts = set[tuple[str, str]]


@transaction.atomic
def request_text(miniature: Miniature, *, record: Mapping[str, Any], by: Member) -> Job:
    """Order one text.

    Args:
        record: Facts by input field name, as a person or a program gives them.

    Raises:
        PermissionDenied: The member only reads this task, or reviews the drafts that the miniature judges.
        Refusal: 422, with what is wrong by field.
    """
    require(by, miniature.task, Role.REVIEWER)
    judge_tasks.require_may_ask(by, miniature.task)
    spec = miniature.run.taught
    facts = read_facts(spec, record)
    title = str(facts.get(spec.facts_with_role("title") or spec.facts_with_role("group") or "", ""))
    return control.launch(
        kind=KIND,
        title=f"Write for {title[:TITLE_CHARS]}" if title else UNTITLED,
        spec={"miniature": str(miniature.pk), "records": [facts]},
        by=by,
        task_slug=miniature.task.slug,
        subject_id=miniature.pk,
        subject_url=reverse("training:miniature", args=[miniature.pk]),
    )


def writings_about(records: Collection[Record]) -> list[Job]:
    """Return writings for the facts of one of these records: the form begins with those of a record, and names none.

    All facts of a writing are the record's; or the one that titles the record is, where no other record has that title.
    Claims out of a file may be about anybody: every job that still holds some is among them.

    Args:
        records: As they were before an erasure.
    """
    traits: dict[str, list[tuple[_TypedFacts, _TypedFacts]]] = defaultdict(list)
    others = Record.everything.exclude(pk__in=[record.pk for record in records])
    for record in records:
        is_shared = others.filter(task=record.task_id, title=record.title).exists()
        traits[record.task.slug].append((_typed(record.facts), set() if is_shared else _title_facts(record)))
    of_claims = Q(title__regex=f"^{_OF_CLAIMS.pattern}$")
    jobs = Job.objects.filter(of_claims | Q(task_slug__in=list(traits)), kind=KIND).iterator(chunk_size=200)
    return [
        job
        for job in jobs
        if _OF_CLAIMS.fullmatch(job.title)
        or any(
            (typed and typed <= facts) or typed & titles
            for typed in map(_typed, job.spec.get("records", ()))
            for facts, titles in traits[job.task_slug]
        )
    ]


def erase_about(records: Collection[Record]) -> None:
    """Empty the facts and texts of `writings_about` records, inside the transaction that erases them."""
    jobs = writings_about(records)
    for job in jobs:
        job.title, job.spec, job.result = UNTITLED, {**job.spec, "records": [{} for _ in job.spec["records"]]}, None
        job.save(update_fields=["title", "spec", "result"])
    prune_runs.prune_erased_texts([job.pk for job in jobs])


def _typed(facts: Facts) -> _TypedFacts:
    """Return facts as a form takes them, without regard to blanks; empty ones are left out."""
    texts = {(name, " ".join(text.split())) for name, text in facts_as_text(facts).items()}
    return {(name, text) for name, text in texts if text}


def _title_facts(record: Record) -> _TypedFacts:
    """Return the facts from which an import took the record's title."""
    return _typed({name: value for name, value in record.facts.items() if title_of(value) == record.title})


def read_facts(spec: TaskSpec, record: Mapping[str, Any]) -> Facts:
    """Facts in the types of the input schema; empty optional ones are left out.

    Raises:
        Refusal: 422: a required field is missing, one is unknown, or a value is not of its type.
    """
    errors: dict[str, list[str]] = {}
    field_by_name = {field.name: field for field in spec.input_schema}
    for name in record:
        if name not in field_by_name:
            errors[str(name)] = [f"The task has no fact '{name}'; it knows {', '.join(field_by_name)}."]
    facts: Facts = {}
    for name, field in field_by_name.items():
        try:
            value = read_value(field, record.get(name))
        except ValueError as error:
            errors[name] = [f"'{name}' {error}."]
            continue
        if value is not None:
            facts[name] = value
        elif field.required:
            errors[name] = [f"'{name}' is missing; it is required."]
    if stray := stray_quote(spec.input_schema, facts):
        errors[stray[0]] = [f"'{stray[0]}' {stray[1]}."]
    if errors:
        raise Refusal(
            "bad_record",
            "The record does not fit the task's input.",
            hint=next(iter(errors.values()))[0],
            errors=errors,
        )
    return facts


def writing_spec(miniature: Miniature, records: list[Facts], run_dir: Path) -> dict[str, Any]:
    """Body of the writing engine's spec; lays the miniature's files into the run directory.

    Raises:
        Refusal: A stored file or the base student is not what it was.
    """
    run_inputs.miniature_files(miniature, run_dir / ARTEFACT)
    needs_base = miniature.method == "lora"
    return {
        "ways": run_inputs.template_settings(miniature.run),
        "student": run_inputs.student_ref(miniature.student, miniature.run) if needs_base else None,
        "artefact": ARTEFACT,
        "method": miniature.method,
        "task": miniature.run.taught.canonical(),
        "records": records,
        "allowed_roots": registration.allowed_roots(),
    }


def wait_for(job_id: UUID, *, timeout_s: float) -> Job:
    """The job as it stands when it has ended or the time is up. Blocks its thread; call outside any transaction."""
    until = time.monotonic() + timeout_s
    while True:
        job = Job.objects.get(pk=job_id)
        if job.state in FINISHED or time.monotonic() >= until:
            return job
        time.sleep(POLL_S)


def first_output(job: Job) -> dict[str, Any] | None:
    """Return what a job that succeeded wrote: fields, marks, text, seconds; None before."""
    outputs = (job.result or {}).get("outputs") or []
    return outputs[0] if outputs else None
