"""A teacher's key goes only where it belongs: asked when it is saved, when an order is priced,
and when it is handed over.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from generation.models import Order, Teacher
from generation.orders import launch, run_spec
from generation.teachers import edit
from generation.teachers.edit import NewTeacher
from generation.teachers.queries import line_of
from members.models import Member
from review.models import Source, Task
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_more_is_allowed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOWED_SECRETS = []
    settings.ALLOWED_PRIVATE_HOSTS = ["gpu-1"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-aws")


def new(**over: Any) -> NewTeacher:
    return NewTeacher(**{"slug": "x", "name": "X", "provider": "openai", "model": "gpt-4o", **over})


@pytest.mark.parametrize(
    "over",
    [
        {"secret_ref": "AWS_SECRET_ACCESS_KEY"},
        {"secret_ref": "AWS_SECRET_ACCESS_KEY", "base_url": "http://gpu-1:8000/v1", "provider": "openai-compatible"},
        {"base_url": "http://gpu-1:8000/v1"},
        {"provider": "anthropic", "base_url": "http://gpu-1:8000/v1"},
        {"provider": "openai-compatible", "base_url": "http://gpu-1:8000/v1", "secret_ref": "OPENAI_API_KEY"},
    ],
)
def test_a_teacher_whose_key_does_not_belong_to_its_address_is_not_saved(admin: Member, over: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        edit.create(new(**over), by=admin)

    assert refused.value.code == "secret_not_allowed"
    assert "ALLOWED_SECRETS" in refused.value.errors["secret_ref"][0]
    assert not Teacher.objects.filter(slug="x").exists()


def test_changing_the_host_does_not_take_the_key_along(admin: Member) -> None:
    teacher = edit.create(new(), by=admin)

    with pytest.raises(Refusal, match="may not be sent to gpu-1"):
        edit.change(teacher, new(base_url="http://gpu-1:8000/v1"), by=admin)

    assert Teacher.objects.get(pk=teacher.pk).base_url == ""


def test_of_two_changes_at_once_each_keeps_what_the_other_wrote(admin: Member) -> None:
    teacher = edit.create(new(), by=admin)
    stale = Teacher.objects.get(pk=teacher.pk)

    edit.change(teacher, new(name="Renamed"), by=admin)
    edit.change(stale, new(is_active=False), by=admin)

    teacher.refresh_from_db()
    assert (teacher.name, teacher.is_active) == ("Renamed", False)


def test_a_server_of_ones_own_gets_its_key_once_that_is_allowed(admin: Member, settings: Any) -> None:
    settings.ALLOWED_SECRETS = ["teacher:LAB_KEY@gpu-1"]

    made = edit.create(
        new(provider="openai-compatible", base_url="http://gpu-1:8000/v1", secret_ref="LAB_KEY"), by=admin
    )

    assert made.secret_ref == "LAB_KEY"


def test_a_teacher_saved_before_is_not_asked_and_says_why(
    task: Task, source: Source, paid: Teacher, lead: Member, as_member: Any
) -> None:
    Teacher.objects.filter(pk=paid.pk).update(secret_ref="AWS_SECRET_ACCESS_KEY")
    paid.refresh_from_db()

    with pytest.raises(Refusal, match="AWS_SECRET_ACCESS_KEY may not be sent"):
        launch.launch(launch.OrderRequest(task, teacher=paid, count=1, by=lead, max_cost_usd=Decimal(1)))

    assert not line_of(paid, None).has_key
    page = as_member(lead).get(reverse("generation:teachers")).content.decode()
    assert "may not be sent to its address" in page


def test_an_order_from_before_does_not_get_the_key_handed_over(paid_order: Order) -> None:
    assert paid_order.job is not None
    assert run_spec.secret_refs(paid_order.job) == ["OPENAI_API_KEY"]
    Order.objects.filter(pk=paid_order.pk).update(
        teacher_spec={**paid_order.teacher_spec, "base_url": "https://stranger.example/v1"}
    )

    with pytest.raises(Refusal, match=r"may not be sent to stranger\.example"):
        run_spec.secret_refs(paid_order.job)
