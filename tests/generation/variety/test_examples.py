"""Approved texts shown to teachers: which are chosen, for whom they are left out, and what erasing them does."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from generation.diversity import examples
from generation.diversity.request import MixRequest
from generation.models import Order
from generation.orders import launch
from members.models import Member
from review.datasets import revocations
from review.models import Draft, Record, Source, Task
from review.spec import prompting
from review.states import Split
from tests.generation.variety.golds import approve
from tests.training.conftest import freeze
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def texts(body: dict[str, Any]) -> str:
    return "Subject: Hello\n\nA text of its own. Shall we talk?"


def test_only_the_training_split_is_shown(task: Task, lead: Member) -> None:
    shown = approve(task, lead, count=4)
    approve(task, lead, count=4, split=Split.VALIDATION)
    approve(task, lead, count=4, split=Split.TEST)

    chosen = examples.choose_examples(task, task.versions.get(), count=3)

    assert set(chosen) == {str(decision.pk) for decision in shown}


def test_a_follow_up_is_not_shown_as_an_answer_to_facts(task: Task, lead: Member) -> None:
    told, *rest = approve(task, lead, count=4)
    Draft.objects.filter(pk=told.draft_id).update(thread=[{"subject": "One", "body": "The mail before."}])

    chosen = examples.choose_examples(task, task.versions.get(), count=2)

    assert set(chosen) == {str(decision.pk) for decision in rest}
    with pytest.raises(Refusal, match="3 fit"):
        examples.choose_examples(task, task.versions.get(), count=3)


def test_the_same_golds_give_the_same_examples(task: Task, lead: Member) -> None:
    approve(task, lead, count=6)

    first = examples.choose_examples(task, task.versions.get(), count=2)

    assert examples.choose_examples(task, task.versions.get(), count=2) == first and len(first) == 3


@pytest.mark.slow
def test_a_frozen_set_keeps_its_examples_when_more_is_approved(task: Task, lead: Member) -> None:
    version = freeze(task, lead, train=6, validation=2)
    first = examples.choose_examples(task, task.versions.get(), count=2, gold_set=version)

    approve(task, lead, count=6)

    assert examples.choose_examples(task, task.versions.get(), count=2, gold_set=version) == first
    assert set(first) <= {str(pk) for pk in version.rows.values_list("decision", flat=True)}


def test_the_set_of_another_task_is_refused(task: Task, lead: Member, admin: Member) -> None:
    from tests.review import factories

    other = factories.make_task(by=admin, slug="other")
    version = freeze(other, admin, train=4, validation=2)

    with pytest.raises(Refusal) as refused:
        examples.choose_examples(task, task.versions.get(), count=2, gold_set=version)

    assert refused.value.code == "gold_set"


def test_a_record_of_an_examples_company_is_shown_another(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    decisions = approve(task, lead, count=3)
    company = decisions[0].draft.record.group
    Record.objects.filter(source=source).update(group=company)
    ann, server = serve("ann", texts)

    order = launch.launch(launch.OrderRequest(task, teacher=ann, count=2, by=lead, source=source,
        max_cost_usd=Decimal(1),
                          mix=MixRequest(examples=2)))  # fmt: skip
    carry_out(order)

    own = decisions[0].draft.fields["body"]
    assert all(len(body["messages"]) == 5 and own not in str(body) for body in server.asked)
    drafts = Draft.objects.filter(job_id=order.job_id)
    assert all(str(decisions[0].pk) not in draft.parameters["examples"] for draft in drafts)
    assert all(prompting.prompt_hash(draft.messages) == draft.prompt_hash for draft in drafts)


def test_an_example_that_is_revoked_after_the_launch_is_not_sent(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    approve(task, lead, count=3)
    ann, server = serve("ann", texts)
    order = launch.launch(launch.OrderRequest(task, teacher=ann, count=2, by=lead, source=source,
        max_cost_usd=Decimal(1),
                          mix=MixRequest(examples=2)))  # fmt: skip
    gone = order.variety["examples"][0]
    draft = Draft.objects.get(decisions__pk=gone)

    revocations.revoke(draft.pk, by=lead, reason="Wrong.")
    carry_out(order)

    assert server.asked and all(draft.fields["body"] not in str(body) for body in server.asked)
