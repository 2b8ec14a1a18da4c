"""What hosts cost: everybody reads it, an admin edits it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from jobs.models import Job
from training.models import HostPrice

pytestmark = pytest.mark.django_db


def test_an_admin_sets_a_price_and_the_same_host_replaces_it(as_member, admin):
    client, address = as_member(admin), reverse("training:host-prices")

    for price in ("2.50", "3"):
        answer = client.post(address, {"host": " gpu-1 ", "usd_per_hour": price, "note": "cloud"})

    assert answer.status_code == 302
    assert [(row.host, row.usd_per_hour) for row in HostPrice.objects.all()] == [("gpu-1", Decimal(3))]


@pytest.mark.parametrize("price", ["-1", "a lot", "20000"])
def test_a_price_out_of_range_is_refused_beside_its_field(as_member, admin, price):
    answer = as_member(admin).post(reverse("training:host-prices"), {"host": "gpu-1", "usd_per_hour": price})

    assert answer.status_code == 400
    assert not HostPrice.objects.exists()


def test_a_lead_reads_and_changes_nothing(as_member, lead, admin):
    row = HostPrice.objects.create(host="default", usd_per_hour=Decimal("1.25"))
    client = as_member(lead)

    page = client.get(reverse("training:host-prices")).content.decode()

    assert "$1.25" in page
    assert "Save the price" not in page
    assert client.post(reverse("training:host-prices"), {"host": "x", "usd_per_hour": "1"}).status_code == 403
    assert client.post(reverse("training:host-price-remove", args=[row.pk])).status_code == 403
    assert as_member(admin).post(reverse("training:host-price-remove", args=[row.pk])).status_code == 302
    assert not HostPrice.objects.exists()


def test_hosts_that_trained_without_a_price_are_named(as_member, admin, launch):
    run = launch()
    Job.objects.filter(pk=run.job_id).update(host_id="gpu-7-abc")

    page = as_member(admin).get(reverse("training:host-prices")).content.decode()

    assert "gpu-7-abc" in page
