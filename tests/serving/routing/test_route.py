"""Where a request goes, what is kept of it, and what the audit says of the promise."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from generation.models import Teacher
from members.models import Member
from review.models import Record, Task
from serving.models import Routed, Router, RouterVersion
from serving.routing import report, route, set_thresholds
from serving.routing.pairs import RouteRule
from serving.routing.set_thresholds import RouterRequest
from tests.serving.routing.conftest import MARGIN
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(
    task: Task, admin: Member, miniature: Miniature, paid: Teacher, make_pairs: Callable[..., list[Record]]
) -> RouterVersion:
    """Up to one mark the miniature writes."""
    make_pairs(120, marks=lambda n: n % 4)
    router = set_thresholds.create(task, name="Thrifty", by=admin)
    wish = RouterRequest(miniature, paid, RouteRule("checks"), margin=MARGIN, audit_share=0.5)
    return set_thresholds.set_thresholds(router, wish, by=admin)


def routed(version: RouterVersion, count: int, *, place: int = 0, is_audit: bool = False) -> list[Routed]:
    rows = [Routed(version=version, route=place, value=0.0, is_audit=is_audit) for _ in range(count)]
    return Routed.objects.bulk_create(rows)


@pytest.mark.slow
def test_marks_decide_and_what_is_missing_goes_to_the_teacher(version: RouterVersion) -> None:
    small, teacher = version.miniature.slug, version.teacher.slug

    assert route.route(version, {"checks": 1}).model == small
    assert route.route(version, {"checks": 2}).model == teacher
    assert route.route(version, {"size": 1}).why == "'checks' is missing, so the teacher writes."
    assert route.route(version, {"checks": float("nan")}).model == teacher


@pytest.mark.slow
def test_the_teachers_own_requests_are_never_audited(version: RouterVersion) -> None:
    assert not any(route.record(version, {"checks": 5}).is_audit for _ in range(40))
    assert Routed.objects.filter(route=1, is_audit=False).count() == 40


@pytest.mark.slow
def test_the_report_has_shares_costs_and_an_audit_of_all_requests(version: RouterVersion) -> None:
    routed(version, 60, place=1)
    for row in routed(version, 40, is_audit=True):
        route.record_outcome(row, cost_usd=Decimal("0.002"), route_passes=True, teacher_passes=True)

    told = report.report(version)

    assert [line.share for line in told.lines] == [0.4, 0.6]
    assert told.lines[0].cost_usd == pytest.approx(0.002) and told.lines[1].cost_usd is None
    assert told.promise.loss == 0.0 and told.promise.audited == 40 and not told.promise.is_broken


@pytest.mark.slow
def test_an_audit_with_many_losses_breaks_the_promise(
    version: RouterVersion, as_member: Callable[..., Any], admin: Member
) -> None:
    for number, row in enumerate(routed(version, 40, is_audit=True)):
        route.record_outcome(row, route_passes=number % 2 == 0, teacher_passes=True)

    promise = report.report(version).promise
    page = as_member(admin).get(f"/routers/{version.router_id}/").content.decode()

    assert promise.loss == 0.5 and promise.interval is not None and promise.is_broken
    assert "The audit breaks the promise: 50 points worse" in page and "holds at all looks together" in page
    assert "At most 20 points worse than GPT-4o" in page


@pytest.mark.slow
def test_an_audit_that_is_looked_at_often_needs_more_than_one_look_would(version: RouterVersion) -> None:
    """Half of sixteen lost: an interval for one look would call 20 points broken too early."""
    for number, row in enumerate(routed(version, 16, is_audit=True)):
        route.record_outcome(row, route_passes=number >= 8, teacher_passes=True)

    promise = report.report(version).promise

    assert promise.loss == 0.5 and promise.interval is not None
    assert promise.interval.low < 0.2 and not promise.is_broken


@pytest.mark.slow
def test_an_audit_that_ended_without_verdicts_waits_for_none(version: RouterVersion) -> None:
    given_up, _ = routed(version, 2, is_audit=True)

    route.record_outcome(given_up, cost_usd=Decimal("0.002"))

    assert report.report(version).promise.unjudged == 1


@pytest.mark.slow
def test_an_outcome_is_told_once_and_verdicts_only_of_audited_requests(version: RouterVersion) -> None:
    plain, audited = routed(version, 1)[0], routed(version, 1, is_audit=True)[0]

    with pytest.raises(Refusal, match="not drawn for the audit"):
        route.record_outcome(plain, route_passes=True, teacher_passes=True)
    with pytest.raises(Refusal, match="both texts"):
        route.record_outcome(audited, route_passes=True)
    route.record_outcome(plain, cost_usd=Decimal("0.01"))
    with pytest.raises(Refusal, match="already recorded"):
        route.record_outcome(plain, cost_usd=Decimal("0.02"))


@pytest.mark.slow
def test_a_program_routes_and_tells_what_came_of_it(version: RouterVersion, admin: Member) -> None:
    client, path = APIClient(), f"/api/v1/routers/{version.router_id}/"
    client.force_login(admin)

    sent = client.post(f"{path}route/", {"features": {"checks": 0}}, format="json")
    told = client.post(f"{path}routed/{sent.json()['id']}/outcome/", {"cost_usd": "0.01"}, format="json")
    detail = client.get(path).json()

    assert sent.status_code == 201 and sent.json()["model"] == version.miniature.slug
    assert told.status_code == 201
    assert detail["report"]["version"]["thresholds"] == [1.0] and detail["report"]["lines"][0]["routed"] == 1


def test_a_router_without_thresholds_routes_nothing(task: Task, admin: Member) -> None:
    client, router = APIClient(), set_thresholds.create(task, name="Empty", by=admin)
    client.force_login(admin)

    assert client.post(f"/api/v1/routers/{router.pk}/route/", {}, format="json").json()["code"] == "router_unset"
    assert client.get(f"/api/v1/routers/{router.pk}/").json()["report"] is None


@pytest.mark.slow
def test_the_page_tells_how_many_pairs_are_missing_and_tries_nothing(
    version: RouterVersion, as_member: Callable[..., object], admin: Member
) -> None:
    client = as_member(admin)
    form = {
        "miniature": version.miniature.slug, "teacher": version.teacher.slug, "feature": "checks", "takes": "high",
        "margin": "2", "confidence": "95", "audit_share": "5",
    }  # fmt: skip
    page = f"/routers/{version.router_id}/"

    counted = client.post(page, {**form, "act": "count"})  # type: ignore[attr-defined]
    refused = client.post(page, {**form, "act": "set"})  # type: ignore[attr-defined]
    shown = client.get(page)  # type: ignore[attr-defined]

    assert counted.status_code == 200 and "120 judged pairs" in counted.content.decode()
    assert refused.status_code == 422 and "There are 120 judged pairs" in refused.content.decode()
    assert "At most 20" in shown.content.decode() and Router.objects.count() == RouterVersion.objects.count() == 1
