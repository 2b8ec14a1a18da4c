from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from generation.models import Call, Order, Teacher
from generation.orders import launch
from members.models import Member
from review.models import Membership, Record, Source, Task
from review.spec.splits import draw
from review.spec.task_spec import TaskSpec
from review.tasks import authoring
from tests.generation.engine.conftest import TASK


@pytest.fixture
def task(admin: Member) -> Task:
    return authoring.create(name="Outreach", slug="outreach", spec=TaskSpec.model_validate(TASK), by=admin)


@pytest.fixture
def lead(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("lea")
    Membership.objects.create(member=member, task=task, role="lead")
    return member


@pytest.fixture
def viewer(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("vic")
    Membership.objects.create(member=member, task=task, role="viewer")
    return member


@pytest.fixture
def stranger(make_member: Callable[..., Member]) -> Member:
    return make_member("sam")


@pytest.fixture
def source(task: Task) -> Source:
    made = Source.objects.create(task=task, slug="prospects", name="Prospects", format="csv", sha256="0" * 64)
    sides = draw(task.seed, [f"co {n}" for n in range(6)], train=0.8, validation=0.1)
    for n in range(6):
        Record.objects.create(
            task=task,
            source=made,
            row_number=n,
            title=f"Co {n}",
            facts={"company": f"Co {n}", "pain": "late lorries"},
            group=f"co {n}",
            split=sides[f"co {n}"],
            content_hash=f"{n:064d}",
        )
    return made


@pytest.fixture
def offline(db: None) -> Teacher:
    return Teacher.objects.get(slug="offline")


@pytest.fixture
def paid(db: None, monkeypatch: pytest.MonkeyPatch) -> Teacher:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    return Teacher.objects.create(
        slug="gpt-4o",
        name="GPT-4o",
        provider="openai",
        model="gpt-4o",
        secret_ref="OPENAI_API_KEY",
        parameters={"max_tokens": 400},
    )


@pytest.fixture
def order(task: Task, source: Source, offline: Teacher, lead: Member) -> Order:
    return launch.launch(launch.OrderRequest(task, teacher=offline, count=4, by=lead, seed=1))


@pytest.fixture
def paid_order(task: Task, source: Source, paid: Teacher, lead: Member) -> Order:
    return launch.launch(launch.OrderRequest(task, teacher=paid, count=4, by=lead, max_cost_usd=Decimal(1)))


def uncertain_call(order: Order, n: int = 1, **over: Any) -> Call:
    return Call.objects.create(
        id=UUID(int=n),
        order=order,
        record_id=order.record_ids[0],
        state="uncertain",
        position=n,
        possible_cost_usd=Decimal("0.004"),
        **over,
    )
