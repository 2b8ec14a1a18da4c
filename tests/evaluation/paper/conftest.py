"""An order of a reproduction, its version, its prices and its student."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from evaluation.paper import advance, parts
from evaluation.paper import order as orders
from evaluation.paper.advance import PartState
from evaluation.paper.order import PaperOrder
from evaluation.paper.plan import PaperRequest
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.models import DatasetVersion, Task
from tests.training.conftest import freeze
from tests.training.engine.hub_server import COMMIT
from training.costs import host_prices
from training.models import Student
from training.students import registration

RICH = Decimal(1_000_000)


@pytest.fixture
def version(task: Task, admin: Member) -> DatasetVersion:
    return freeze(task, admin, train=20, validation=4)


@pytest.fixture
def priced(admin: Member) -> None:
    host_prices.set_price(host="default", usd_per_hour=Decimal(2), by=admin)


@pytest.fixture
def gemma(admin: Member) -> Student:
    return registration.register_hub(hub_id=parts.GEMMA_4B, revision=COMMIT, by=admin)


@pytest.fixture
def start(version: DatasetVersion, admin: Member, priced: None) -> Callable[..., PaperOrder]:
    def _start(*keys: str, budget: Decimal = RICH, **more: Any) -> PaperOrder:
        request = PaperRequest(budget, parts=keys, version=version, **more)
        return PaperOrder(orders.start(version.dataset.task, request, by=admin))

    return _start


def look(order: PaperOrder) -> PaperOrder:
    """One ring for the order's job."""
    run_job(order.job.pk, worker="worker-1")
    return PaperOrder(Job.objects.get(pk=order.job.pk))


def states(order: PaperOrder) -> dict[str, tuple[PartState, str]]:
    return {each.part.key: (each.state, each.reason) for each in advance.progress(order)}
