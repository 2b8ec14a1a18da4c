"""A test split that is worded unlike training is named as such beside its score; splits of the same records are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.evaluations import start_evaluation, wording_gap
from evaluation.models import Evaluation
from members.models import Member
from review.models import Record, Task
from review.states import Split
from tests.review import factories
from training.models import Miniature

pytestmark = pytest.mark.django_db
TEMPLATE = "Hello team, my invoice number {} is wrong and I would like to have it corrected soon, many thanks"
BY_HAND = "yo the bill {} you sent looks off to us could somebody maybe fix that today please cheers {}"


def write(task: Task, split: Split, sentence: str, count: int = 30) -> Sequence[Record]:
    records = factories.make_records(factories.make_source(task, name=split), count, split=split)
    for number, record in enumerate(records):
        record.facts = {"text": sentence.format(number, number)}
    Record.objects.bulk_update(records, ["facts"])
    return records


def test_test_records_of_another_hand_are_named_with_their_shares(task: Task) -> None:
    Record.objects.filter(task=task).delete()
    write(task, Split.TRAIN, TEMPLATE)
    write(task, Split.VALIDATION, TEMPLATE)
    write(task, Split.TEST, BY_HAND)

    gap = wording_gap.of(task)

    assert gap is not None
    assert gap.test < 0.01 < 0.9 < gap.validation
    assert "0 % of their five-word phrases occur in training" in gap.sentence


@pytest.mark.parametrize(("sentence", "count"), [(TEMPLATE, 30), (BY_HAND, wording_gap.FEWEST_RECORDS - 1)])
def test_records_worded_alike_and_few_records_show_no_gap(task: Task, sentence: str, count: int) -> None:
    Record.objects.filter(task=task).delete()
    write(task, Split.TRAIN, TEMPLATE)
    write(task, Split.VALIDATION, TEMPLATE)
    write(task, Split.TEST, sentence, count)

    assert wording_gap.of(task) is None


def test_the_list_explains_two_scores_where_both_stand(
    miniature: Miniature, admin: Member, finish: Any, as_member: Callable[[Member], Client]
) -> None:
    task = miniature.task
    write(task, Split.TRAIN, TEMPLATE)
    write(task, Split.VALIDATION, TEMPLATE)
    write(task, Split.TEST, BY_HAND)
    systems = {"gpt": ("teacher", 0.9), "run 1 (LoRA)": ("lora", 0.8)}
    page = reverse("evaluation:list", args=[task.slug])
    made: Evaluation = finish(start_evaluation.start(miniature.run, by=admin), systems)

    alone = as_member(admin).get(page).content.decode()
    Evaluation.objects.create(
        task=task, run=made.run, dataset_version=made.dataset_version, task_version=made.task_version,
        split=Split.TEST if made.split == Split.VALIDATION else Split.VALIDATION, summary=made.summary,
    )  # fmt: skip
    both = as_member(admin).get(page).content.decode()

    assert 'id="wording-gap"' not in alone
    assert 'id="wording-gap"' in both
