"""No cache keeps what a member sees: each answer says so, but for files of the site and for files with an ETag."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from rest_framework.test import APIClient

from members.models import Member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/operations/", "/settings/", "/api/v1/tasks/", "/nowhere/"])
def test_nothing_that_a_member_sees_is_kept(as_member: Callable[..., Client], admin: Member, address: str) -> None:
    assert as_member(admin).get(address)["Cache-Control"] == "no-store"


def test_nothing_that_a_program_reads_is_kept(api_as: Callable[..., APIClient], admin: Member) -> None:
    assert api_as(admin).get("/api/v1/tasks/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/accounts/login/", "/v1/models", "/livez"])
def test_nothing_that_a_visitor_is_told_is_kept(client: Client, address: str) -> None:
    assert "no-store" in client.get(address)["Cache-Control"]


def test_an_asynchronous_server_says_the_same() -> None:
    assert async_to_sync(AsyncClient().get)("/livez")["Cache-Control"] == "no-store"


def test_files_of_the_site_are_kept(client: Client) -> None:
    assert "max-age" in client.get("/static/css/base.css")["Cache-Control"]
