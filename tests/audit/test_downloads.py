"""Whoever takes a file out is in the trail, once, and without what they filtered by."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from audit.models import AuditRow
from members.models import ApiToken, Member
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, Any]]:
    rows = AuditRow.objects.filter(act="file_downloaded").order_by("id")
    return [(row.actor, row.detail) for row in rows]


def test_a_file_that_a_page_gives_is_told_without_its_filters(admin: Member, as_member: Any) -> None:
    answer = as_member(admin).get(reverse("audit:csv"), {"actor": "somebody@example.com"})

    assert answer.status_code == 200
    assert told() == [(str(admin.pk), {"address": reverse("audit:csv")})]


def test_a_file_that_a_program_takes_is_told_as_its_members(admin: Member, client: Any) -> None:
    make_task(by=admin)
    _, token = ApiToken.objects.create(user=admin, name="ledger", scopes=["read"])

    answer = client.get("/api/v1/ledger/csv/", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200
    assert told() == [(str(admin.pk), {"address": "/api/v1/ledger/csv/"})]


def test_pages_refusals_and_mere_questions_leave_nothing(admin: Member, reviewer: Member, as_member: Any) -> None:
    as_member(admin).get(reverse("audit:index"))
    as_member(admin).head(reverse("audit:csv"))
    refused = as_member(reviewer).get(reverse("audit:csv"))

    assert refused.status_code == 403
    assert told() == []
