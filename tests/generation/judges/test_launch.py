"""What a judge is given to read: within what it reads an order, priced by the longest text,
of another family than its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from generation.judges import launch
from generation.judges.launch import family_of
from generation.models import Call, Order, Teacher
from members.models import Member
from review.models import Draft
from tests.generation.judges.conftest import DRAFTS

pytestmark = pytest.mark.django_db


def test_as_many_texts_as_the_form_takes_leave_room_for_those_beside(
    order: Order, review_some: Callable[[int], None], judge: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    review_some(20)
    monkeypatch.setattr(launch, "MOST_TEXTS", 25)
    Draft.objects.filter(gold__isnull=False).update(job_id=None)
    subject = launch.of_order(order)

    texts = subject.texts(25)

    assert len(texts) == 25 and any(text.expert_passes is not None for text in texts)
    assert launch.quote(subject, texts, judge=judge, by=lead).estimate.calls == 25


def test_texts_of_a_mix_go_by_the_teacher_that_wrote_them(order: Order) -> None:
    name = str(order.teacher_spec["name"])
    order.variety = {"teachers": [{"teacher": {"name": name}}, {"teacher": {"name": "Bob"}}]}
    for draft in Draft.objects.filter(job_id=order.job_id)[:10]:
        draft.call_id = str(uuid4())
        draft.save()
        Call.objects.create(id=draft.call_id, order=order, record=draft.record, state="answered", teacher_name="Bob")

    subject = launch.of_order(order)

    assert subject.name == f"{order.count} drafts by {name}, Bob"
    assert Counter(text.group for text in subject.texts(DRAFTS)) == {name: DRAFTS - 10, "Bob": 10}


def test_a_form_without_a_number_of_texts_is_not_priced(
    order: Order,
    review_some: Callable[[int], None],
    judge: Teacher,
    lead: Member,
    as_member: Callable[[Member], Client],
) -> None:
    review_some(3)
    told = as_member(lead).post(f"/generation/{order.pk}/judge/price/", {"teacher": judge.slug, "texts": ""})

    assert "A budget of" not in told.content.decode()


def test_the_dearest_call_is_that_of_the_longest_text(
    order: Order, judge: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = launch.of_order(order)
    short = launch.quote(subject, subject.texts(DRAFTS), judge=judge, by=lead).estimate
    monkeypatch.setattr(launch, "_SAMPLE", 1)
    last = subject.texts(DRAFTS)[-1].draft_id
    Draft.objects.filter(pk=str(last)).update(fields={"reply": "GOOD " * 5000}, words=5000)

    long = launch.quote(subject, subject.texts(DRAFTS), judge=judge, by=lead).estimate

    assert long.worst_call_usd > 2 * short.worst_call_usd


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("ft:gpt-4o-mini:acme::1", "gpt"), ("us.anthropic.claude-sonnet-4", "claude"), ("meta.llama3-70b", "llama"),
        ("Mixtral-8x7B", "mistral"), ("gemma-3-4b", "gemini"),
    ],
)  # fmt: skip
def test_a_family_is_known_wherever_its_word_stands(model: str, family: str) -> None:
    assert family_of("", model) == family
