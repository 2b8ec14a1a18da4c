"""A view without any check of its own is reached by those whom its line lets in, and by nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.models import Job
from members.models import Member
from miniatures_site import urls as site_urls
from miniatures_site.access import RULES, AccessLevel, Rule, checks, enforce
from miniatures_site.access.levels import LEAD, MEMBER, NONE, OPEN, USERS, VIEWER
from review.models import Task
from review.states import Role
from tests.review.factories import join, make_task

pytestmark = pytest.mark.django_db
CALLERS = ("visitor", "stranger", "viewer", "reviewer", "lead", "admin")
LET_IN = {
    AccessLevel.OPEN: CALLERS,
    AccessLevel.KEY: CALLERS,
    AccessLevel.MEMBER: CALLERS[1:],
    AccessLevel.OWN: CALLERS[1:],
    AccessLevel.VIEWER: CALLERS[2:],
    AccessLevel.REVIEWER: CALLERS[3:],
    AccessLevel.LEAD: CALLERS[4:],
    AccessLevel.ANY_LEAD: CALLERS[4:],
    AccessLevel.ADMIN: CALLERS[5:],
    AccessLevel.NONE: (),
    # No address tells it: such a line has a floor, or lets in admins alone.
    AccessLevel.USERS: CALLERS[5:],
}
Clients = dict[str, Client]


def page(request: HttpRequest, slug: str = "") -> HttpResponse:
    return HttpResponse("in")


class Endpoint(APIView):
    def get(self, request: Request, slug: str) -> Response:
        return Response("in")

    post = get


class Unguarded(Endpoint):
    permission_classes = []


@pytest.fixture
def _probes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and an endpoint behind each level, one without a line, and an endpoint that asks nothing."""
    urls = ModuleType("urls_with_probes")
    probes = [path("tasks/<slug:slug>/undeclared/", page, name="undeclared")]
    for level in AccessLevel:
        probes.append(path(f"tasks/<slug:slug>/{level.name}/", page, name=f"page-{level.name}"))
        probes.append(path(f"api/v1/tasks/<slug:slug>/{level.name}/", Endpoint.as_view(), name=f"api-{level.name}"))
        monkeypatch.setitem(RULES, f"page-{level.name}", Rule(level, level))
        monkeypatch.setitem(RULES, f"api-{level.name}", Rule(level, level))
    probes.append(path("api/v1/tasks/<slug:slug>/no-line/", Endpoint.as_view(), name="no-line"))
    probes.append(path("api/v1/tasks/<slug:slug>/unguarded/", Unguarded.as_view(), name="unguarded"))
    monkeypatch.setitem(RULES, "unguarded", Rule(LEAD, LEAD))
    urls.urlpatterns = [*probes, *site_urls.urlpatterns]
    settings.ROOT_URLCONF = urls


@pytest.fixture
def members(make_member: Callable[..., Member]) -> dict[str, Member]:
    """One of each, with a role in the task `outreach`; the stranger has none."""
    admin = make_member("admin", admin=True)
    task = make_task(by=admin)
    made = {name: make_member(name) for name in CALLERS[1:5]}
    for role in Role:
        join(made[role.value], task, role)
    return made | {"admin": admin}


@pytest.fixture
def browsers(members: dict[str, Member], as_member: Callable[[Member], Client], _probes: None) -> Clients:
    return {"visitor": Client()} | {name: as_member(member) for name, member in members.items()}


@pytest.fixture
def programs(members: dict[str, Member], api_as: Callable[..., Any], _probes: None) -> Clients:
    return {"visitor": Client()} | {name: api_as(member) for name, member in members.items()}


def let_in(clients: Clients, address: str, method: str = "get") -> tuple[str, ...]:
    """The callers who reach a view."""
    return tuple(name for name in CALLERS if getattr(clients[name], method)(address).status_code == 200)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("level", AccessLevel)
def test_a_page_is_reached_by_its_level_and_by_nobody_below(level: AccessLevel, method: str, browsers: Clients) -> None:
    assert let_in(browsers, f"/tasks/outreach/{level.name}/", method) == LET_IN[level]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("kind", ["browsers", "programs"])
@pytest.mark.parametrize("level", [level for level in AccessLevel if level not in enforce.WITHOUT_MEMBER])
def test_an_endpoint_is_reached_by_its_level_and_by_nobody_below(
    level: AccessLevel, kind: str, request: pytest.FixtureRequest
) -> None:
    clients = request.getfixturevalue(kind)

    assert let_in(clients, f"/api/v1/tasks/outreach/{level.name}/") == LET_IN[level]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("method", ["head", "options", "put", "patch", "delete"])
def test_no_method_goes_past_the_line(method: str, browsers: Clients) -> None:
    assert let_in(browsers, "/tasks/outreach/LEAD/", method) == CALLERS[4:]
    assert let_in(browsers, "/tasks/outreach/NONE/", method) == ()


@pytest.mark.parametrize("address", ["/tasks/outreach/undeclared/", "/api/v1/tasks/outreach/no-line/"])
def test_a_route_without_a_line_is_refused_to_everybody(
    address: str, browsers: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger=enforce.__name__):
        answers = {name: browsers[name].get(address).status_code for name in CALLERS}

    assert set(answers.values()) <= {401, 403}, answers
    assert "has no line" in caplog.text


def test_an_endpoint_that_asks_nothing_is_held_all_the_same(browsers: Clients, programs: Clients) -> None:
    assert let_in(browsers, "/api/v1/tasks/outreach/unguarded/") == CALLERS[4:]
    assert let_in(programs, "/api/v1/tasks/outreach/unguarded/") == ()


def test_a_task_that_is_not_theirs_looks_like_none(browsers: Clients) -> None:
    there = browsers["stranger"].get("/tasks/outreach/LEAD/")
    nowhere = browsers["stranger"].get("/tasks/no-such-task/LEAD/")

    assert there.status_code == nowhere.status_code == 404
    assert b"There is no task &#x27;outreach&#x27; that you can see." in there.content
    assert browsers["viewer"].get("/tasks/outreach/LEAD/").status_code == 403


def test_an_archived_task_is_nobodys(browsers: Clients) -> None:
    Task.objects.filter(slug="outreach").update(archived_at=timezone.now())

    assert browsers["lead"].get("/tasks/outreach/").status_code == 404


def test_a_job_of_no_task_is_its_makers(browsers: Clients, members: dict[str, Member]) -> None:
    job = Job.objects.create(kind="none", title="Of no task", created_by=members["viewer"])

    assert let_in(browsers, f"/api/v1/jobs/{job.pk}/") == ("viewer", "admin")
    assert browsers["viewer"].post(f"/api/v1/jobs/{job.pk}/pause/").status_code == 403
    assert browsers["lead"].post(f"/api/v1/jobs/{job.pk}/pause/").status_code == 404


def test_a_page_of_a_task_reads_the_role_once(browsers: Clients, django_assert_num_queries: Any) -> None:
    # The session, its member, and the task with the role.
    with django_assert_num_queries(3):
        browsers["reviewer"].get("/tasks/outreach/REVIEWER/")
    with django_assert_num_queries(2):
        browsers["admin"].get("/tasks/outreach/REVIEWER/")


def test_the_site_is_declared_without_a_fault() -> None:
    assert checks.check_routes() == []


@pytest.mark.parametrize(
    ("name", "rule", "id"),
    [
        ("home", None, "access.E001"),
        ("no-such-route", Rule(MEMBER, NONE), "access.E002"),
        ("home", Rule(VIEWER, NONE), "access.E003"),
        ("home", Rule(USERS, NONE), "access.E003"),
        ("api-inbound", Rule(NONE, MEMBER), "access.E004"),
    ],
)
def test_a_fault_of_the_declaration_is_told_at_start(
    name: str, rule: Rule | None, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if rule is None:
        monkeypatch.delitem(RULES, name)
    else:
        monkeypatch.setitem(RULES, name, rule)

    assert [error.id for error in checks.check_routes()] == [id]


@pytest.mark.parametrize("caller", ["visitor", "admin"])
def test_a_page_that_a_later_allauth_adds_is_refused_and_no_fault(
    caller: str, browsers: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(RULES, "mfa_index")

    assert not [fault for fault in checks.check_routes() if "mfa_index" in fault.msg]
    assert browsers[caller].get("/accounts/2fa/").status_code == 403


def test_a_line_of_a_page_that_allauth_took_away_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "account_gone", Rule(MEMBER, MEMBER))
    monkeypatch.setitem(checks.ACCOUNTS, "account_gone", Rule(MEMBER, MEMBER))

    assert checks.check_routes() == []


def test_no_code_by_mail_proves_who_a_member_is(members: dict[str, Member]) -> None:
    EmailAddress.objects.create(user=members["admin"], email="admin@example.com", verified=True, primary=True)

    assert {way["id"] for way in get_reauthentication_flows(members["admin"])} <= {"reauthenticate"}


def test_a_floor_is_asked_before_the_view_and_no_more() -> None:
    rule = Rule(VIEWER, LEAD, write_floor=MEMBER)

    assert (rule.declared("POST"), rule.enforced("POST")) == (LEAD, MEMBER)
    assert rule.enforced("GET") is rule.enforced("HEAD") is rule.enforced("OPTIONS") is VIEWER
    assert Rule(NONE, OPEN).enforced("OPTIONS") is OPEN
