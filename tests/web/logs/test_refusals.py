"""One line a refusal, none for a probe of health: what the log of the web process has, as settings write it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from members.models import Member
from miniatures_site.urls import handler500  # noqa: F401 (of this file's addresses)

Lines = Callable[[], list[str]]


def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault")


urlpatterns = [path("away/", away), path("broken/", broken), path("", include("miniatures_site.urls"))]


@pytest.fixture(params=["every request", "refusals alone"])
def lines(request: pytest.FixtureRequest, settings: Any) -> Iterator[Lines]:
    """Return a function that reads what the settings' own handler has written."""
    settings.LOG_REQUESTS = request.param == "every request"
    [console] = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    written = io.StringIO()
    before = console.setStream(written)  # type: ignore[attr-defined]
    yield lambda: written.getvalue().splitlines()
    console.setStream(before)  # type: ignore[attr-defined]


def test_a_page_that_is_refused_is_one_line(lines: Lines, as_member: Callable[..., Client], reviewer: Member) -> None:
    assert as_member(reviewer).get("/operations/").status_code == 403

    [line] = lines()
    assert " INFO web.http.request_log: GET /operations/ 403 " in line


def test_an_address_that_leads_nowhere_is_one_line_without_the_address(lines: Lines, client: Client, db: None) -> None:
    client.get("/nowhere/some-key/")

    [line] = lines()
    assert " GET (no route) 404 " in line
    assert "some-key" not in line


def test_an_unknown_host_is_one_line_with_the_reason(lines: Lines, client: Client, db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["app.example.com"]

    assert client.get("/accounts/login/", headers={"Host": "evil.example"}).status_code == 400

    [line] = lines()
    assert " WARNING web.http.request_log: GET " in line
    assert "Invalid HTTP_HOST header: 'evil.example'" in line


def test_a_form_without_its_token_is_one_line_with_the_reason(lines: Lines, db: None) -> None:
    assert Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "lea"}).status_code == 403

    [line] = lines()
    assert line.endswith("ms: CSRF cookie not set.")


@pytest.mark.parametrize("address", ["/api/v1/tasks/", "/api/v1/nowhere/", "/v1/models"])
def test_a_call_that_is_refused_is_one_line(lines: Lines, client: Client, db: None, address: str) -> None:
    client.get(address)

    assert len(lines()) == 1


def test_an_outage_is_one_line_and_a_fault_has_its_traceback(lines: Lines, client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name.startswith("web.http")]
    client.raise_request_exception = False

    assert client.get("/away/").status_code == 503
    [line] = lines()
    assert "the database is away (OperationalError)" in line

    assert client.get("/broken/").status_code == 500
    assert any("RuntimeError: a fault" in line for line in lines())


def test_a_site_at_rest_is_silent(lines: Lines, client: Client, db: None) -> None:
    client.get("/livez")
    client.get("/static/css/base.css")

    assert [line for line in lines() if " 200 " in line] == []
