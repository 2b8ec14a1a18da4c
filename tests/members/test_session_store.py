"""A session is read while it lasts, and by nobody after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from members.models import Member

pytestmark = pytest.mark.django_db


def test_a_session_signs_in_until_it_expires_and_an_unknown_one_never() -> None:
    client = Client()
    client.force_login(Member.objects.create(username="expert"), backend="django.contrib.auth.backends.ModelBackend")

    during = client.get("/api/v1/mentions/").status_code
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    after = client.get("/api/v1/mentions/").status_code
    client.cookies["sessionid"] = "a" * 32
    unknown = client.get("/api/v1/mentions/").status_code

    assert (during, after, unknown) == (200, 401, 401)
