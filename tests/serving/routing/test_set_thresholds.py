"""Thresholds of a router: only by enough pairs of companies of their own, each try at its price, and never changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from generation.models import Teacher
from members.models import Member
from review.models import Draft, Record, Task
from review.states import Split
from serving.models import Router, RouterVersion
from serving.routing import pairs, set_thresholds
from serving.routing.pairs import RouteRule
from serving.routing.set_thresholds import RouterRequest
from stats import paired_loss, risk_control
from tests.review import factories
from tests.serving.routing.conftest import MARGIN
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db
MARKS = RouteRule("checks")
Pairs = Callable[..., list[Record]]


@pytest.fixture
def wish(miniature: Miniature, paid: Teacher) -> RouterRequest:
    return RouterRequest(miniature, paid, MARKS, margin=MARGIN)


@pytest.mark.slow
def test_the_miniature_takes_what_has_few_marks(
    router: Router, wish: RouterRequest, make_pairs: Pairs, admin: Member
) -> None:
    make_pairs(120, marks=lambda n: n % 4)

    version = set_thresholds.set_thresholds(router, wish, by=admin)

    assert version.thresholds == [1.0] and version.takes_low
    assert (version.pairs, version.lost, version.won, version.attempt) == (120, 0, 0, 1)
    assert [one["share"] for one in version.expected] == [0.5, 0.5]
    assert [one["cost_usd"] for one in version.expected] == [0.001, 0.01]
    assert version.p_value is not None and version.p_value <= 1 - version.level


@pytest.mark.slow
def test_too_few_pairs_are_refused_with_their_number_and_are_no_try(
    router: Router, wish: RouterRequest, make_pairs: Pairs, admin: Member, task: Task
) -> None:
    make_pairs(10)
    needed = paired_loss.pairs_needed(MARGIN, 0.1, level=1 - risk_control.spent(1))

    with pytest.raises(
        Refusal, match=rf"There are 10 judged pairs. The promise needs {needed}: {needed - 10} more"
    ) as told:
        set_thresholds.set_thresholds(router, wish, by=admin)

    assert told.value.code == "too_few_pairs" and "validation records" in told.value.hint
    assert set_thresholds.attempts(task) == 0
    assert set_thresholds.standing(task, wish).missing == needed - 10


@pytest.mark.slow
def test_verdicts_that_bear_nothing_out_leave_all_to_the_teacher_and_cost_a_try(
    router: Router, wish: RouterRequest, make_pairs: Pairs, admin: Member
) -> None:
    make_pairs(400, marks=lambda n: 0 if n % 3 else 2)
    Draft.objects.filter(marks_count__gt=0).update(marks_count=0)

    first = set_thresholds.set_thresholds(router, wish, by=admin)
    second = set_thresholds.set_thresholds(router, wish, by=admin)

    assert first.thresholds == [] and first.p_value is None and first.expected[-1]["share"] == 1.0
    assert (second.number, second.attempt) == (2, 2) and second.level > first.level


@pytest.mark.slow
def test_one_record_of_a_company_counts(wish: RouterRequest, make_pairs: Pairs, task: Task) -> None:
    records = make_pairs(12)
    Record.objects.filter(pk__in=[one.pk for one in records[:3]]).update(group="acme")
    Record.objects.filter(pk__in=[one.pk for one in records[2:5]]).update(domain="acme.example")

    chosen = pairs.collect(task, wish.miniatures, wish.teacher, MARKS)

    by_company = [one for one in chosen if one.record in {row.pk for row in records[:5]}]
    assert 1 <= len(by_company) <= 2 and len(chosen) - len(by_company) == 7
    assert chosen == pairs.collect(task, wish.miniatures, wish.teacher, MARKS)


@pytest.mark.slow
def test_records_of_other_splits_and_half_pairs_count_not(
    wish: RouterRequest, make_pairs: Pairs, task: Task, paid: Teacher
) -> None:
    records = make_pairs(6)
    Record.objects.filter(pk=records[0].pk).update(split=Split.TEST)
    Draft.objects.filter(record=records[1], teacher=paid.label).update(teacher="openai:another")

    assert {one.record for one in pairs.collect(task, wish.miniatures, paid, MARKS)} == {one.pk for one in records[2:]}


@pytest.mark.slow
def test_a_number_of_the_record_decides_by_thresholds_of_training_records(
    router: Router, wish: RouterRequest, make_pairs: Pairs, admin: Member, task: Task
) -> None:
    """Sizes run from 40 on; from 100 on the miniature's texts fail."""
    factories.make_records(factories.make_source(task, name="Train"), 120)
    make_pairs(120, marks=lambda n: 0 if n < 60 else 2)
    rule = RouteRule("fact", "size", takes_low=True)

    version = set_thresholds.set_thresholds(
        router, RouterRequest(wish.miniature, wish.teacher, rule, margin=MARGIN), by=admin
    )

    assert 90 <= version.thresholds[0] <= 125
    with pytest.raises(Refusal, match="No training record has a number 'height'"):
        set_thresholds.standing(task, RouterRequest(wish.miniature, wish.teacher, RouteRule("fact", "height")))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    "wrong", [{"margin": 0.0}, {"confidence": 1.0}, {"audit_share": 0.9}, {"margin": float("nan")}]
)
def test_shares_outside_their_limits_are_refused(
    router: Router, wish: RouterRequest, admin: Member, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Refusal, match="Between"):
        set_thresholds.set_thresholds(
            router, RouterRequest(wish.miniature, wish.teacher, MARKS, **{"margin": MARGIN, **wrong}), by=admin
        )


@pytest.mark.slow
def test_only_a_lead_sets_and_no_version_changes(
    router: Router, wish: RouterRequest, make_pairs: Pairs, admin: Member, viewer: Member
) -> None:
    make_pairs(120)
    with pytest.raises(PermissionDenied):
        set_thresholds.set_thresholds(router, wish, by=viewer)
    version = set_thresholds.set_thresholds(router, wish, by=admin)

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        RouterVersion.objects.filter(pk=version.pk).update(thresholds=[5.0])
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        RouterVersion.objects.filter(pk=version.pk).delete()
