"""What holds for all tasks, an admin changes, and the trail keeps who did."""

from __future__ import annotations

from decimal import Decimal

import pytest

from audit.models import AuditRow
from members.models import Member
from training.costs import host_prices
from training.students import registration

pytestmark = pytest.mark.django_db


def test_prices_of_hosts_are_in_the_trail(admin: Member) -> None:
    row = host_prices.set_price(host="gpu-1", usd_per_hour=Decimal(2), by=admin)
    host_prices.remove_price(row.pk, by=admin)

    rows = AuditRow.objects.filter(act__startswith="host_price").order_by("id")
    assert [(row.act, row.detail["host"]) for row in rows] == [
        ("host_price_set", "gpu-1"),
        ("host_price_removed", "gpu-1"),
    ]


def test_a_registered_student_is_in_the_trail(admin: Member) -> None:
    made = registration.register_hub(hub_id="owner/name", revision="a" * 40, by=admin)

    row = AuditRow.objects.get(act="student_registered")
    assert (row.actor, row.subject_id, row.detail) == (str(admin.pk), str(made.pk), {"source": "hub"})
