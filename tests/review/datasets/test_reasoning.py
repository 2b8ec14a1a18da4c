"""A version trains on the reasoning before an answer, or leaves it out: files, card, prompt,
and what reads the answer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from members.models import Member
from review.datasets import freezing
from review.datasets import queries as selectors
from review.models import DatasetVersion, Task
from review.spec import prompting
from review.spec.schema import OutputField
from review.spec.task_spec import Check, TaskSpec
from review.states import Split
from tests.review import factories
from tests.review.datasets import golds
from training.inputs import heads
from training.models import TrainingRun


def label_spec() -> TaskSpec:
    """Reasoning, then one label: bare where the reasoning is left out."""
    whole = factories.triage_spec()
    body = {
        **whole.canonical(),
        "output_schema": whole.canonical()["output_schema"][:2],
        "student_template": "{{output_format}}\n{{facts}}",
        "checks": [Check(kind="reasoning"), Check(kind="length", fields=("why",))],
    }
    return TaskSpec.model_validate(body)


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=label_spec())
    records = factories.make_records(factories.make_source(task), 6, text="")
    for index, record in enumerate(records):
        record.facts = {"company": record.title, "text": " ".join(f"{word}{index}" for word in golds.WORDS)}
        record.save()
    fields = [{"why": f"It says so, {index}.", "category": factories.CATEGORIES[index % 5]} for index in range(6)]
    factories.make_drafts(task, records, fields=fields)
    golds.accept_all(admin, task, count=6)
    return task


def frozen(task: Task, admin: Member, reasoning: str) -> DatasetVersion:
    dataset = freezing.create(task, name=f"Tickets {reasoning}", by=admin)
    return golds.sealed(freezing.freeze(dataset, by=admin, filters={"reasoning": reasoning}))


def first_row(version: DatasetVersion, format_: str) -> dict[str, Any]:
    file = selectors.file_of(version, Split.TRAIN, format_)
    assert file is not None
    with default_storage.open(file.path, "rb") as lines:
        row: dict[str, Any] = json.loads(next(iter(lines)))
    return row


@pytest.mark.django_db
def test_a_version_keeps_the_reasoning_or_leaves_it_out_of_what_a_student_reads_and_writes(
    task: Task, admin: Member
) -> None:
    kept, dropped = frozen(task, admin, "keep"), frozen(task, admin, "drop")

    with_it, without = first_row(kept, "sft"), first_row(dropped, "sft")
    assert set(json.loads(with_it["completion"][0]["content"])) == {"why", "category"}
    assert without["completion"][0]["content"] in factories.CATEGORIES
    assert "why" in with_it["prompt"][-1]["content"] and "why" not in without["prompt"][-1]["content"]
    assert first_row(dropped, "kto")["completion"][0]["content"] in factories.CATEGORIES
    assert set(first_row(dropped, "raw")["draft"]) == {"why", "category"}
    assert kept.content_hash != dropped.content_hash and dropped.manifest["filters"]["reasoning"] == "drop"
    assert "Reasoning: left out" in dropped.card and "Reasoning: left out" not in kept.card


@pytest.mark.django_db
def test_the_choice_is_offered_where_a_task_reasons(client: Client, task: Task, admin: Member) -> None:
    other = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False), slug="plain")
    pages = []
    for each in (task, other):
        dataset = freezing.create(each, name=f"Rows {each.slug}", by=admin)
        client.force_login(admin)
        pages.append(client.get(f"/datasets/{dataset.slug}/").content.decode())

    assert ["Drop it: the student writes the answer alone" in page for page in pages] == [True, False]


def test_a_task_without_its_reasoning_has_the_same_answers_and_only_their_checks() -> None:
    spec = label_spec()

    bare = spec.without_reasoning()
    assert [field.name for field in bare.output_schema] == ["category"]
    assert [(check.kind, check.fields) for check in bare.checks] == [("reasoning", ())]
    assert bare.without_reasoning() is bare
    assert TaskSpec.model_validate(bare.canonical()) == bare


def test_an_answer_without_the_reasoning_is_read() -> None:
    spec = label_spec()

    assert prompting.parse(spec, "billing") == {"why": "", "category": "billing"}
    assert prompting.parse(spec, '{"why": "So.", "category": "bug"}') == {"why": "So.", "category": "bug"}
    with pytest.raises(prompting.CompletionError):
        prompting.parse(spec, "no such label")


def test_prose_is_no_answer_of_a_task_that_reasons_before_a_text() -> None:
    fields = (OutputField(name="why", role="reasoning"), OutputField(name="reply"))
    spec = factories.plain_spec().model_copy(update={"output_schema": fields})

    with pytest.raises(prompting.CompletionError):
        prompting.parse(spec, "Dear customer, yes.")


@pytest.mark.django_db
def test_a_student_of_a_version_without_reasoning_is_asked_without_it_and_may_be_a_classifier(
    task: Task, admin: Member
) -> None:
    version = frozen(task, admin, "drop")
    run = TrainingRun(task=task, task_version=task.versions.get(), dataset_version=version)

    assert [field.name for field in run.taught.output_schema] == ["category"]
    assert heads.why_no_heads(run.taught) == ""
    assert "'why' is a text" in heads.why_no_heads(run.task_version.spec)
