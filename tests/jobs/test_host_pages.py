"""The page of hosts, and the priority of a job."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditRow
from jobs.models import Host
from tests.jobs.services.test_hosts import put

pytestmark = pytest.mark.django_db


def test_hosts_show_what_they_have_and_what_they_hold(client, admin, launch):
    put("host-a", gpus=[24, 24])
    put("host-b", problem="its folder is in use by the host host-a")
    job = launch()
    type(job).objects.filter(pk=job.pk).update(state="running", host_id="host-a")
    client.force_login(admin)

    page = client.get(reverse("jobs:hosts")).content.decode()

    assert "2 × A100 · 24 GiB" in page
    assert job.title in page
    assert "in use by the host host-a" in page


def test_what_other_teams_run_is_counted_and_not_named(client, outsider, launch):
    put("host-a")
    job = launch(task_slug="secret")
    type(job).objects.filter(pk=job.pk).update(state="running", host_id="host-a")
    client.force_login(outsider)

    page = client.get(reverse("jobs:hosts")).content.decode()

    assert job.title not in page
    assert "1 of other teams" in page
    assert "Drain" not in page


def test_an_admin_drains_a_host_on_the_page_and_it_is_written_down(client, admin, outsider):
    put("host-a")
    client.force_login(outsider)
    assert client.post(reverse("jobs:hosts"), {"host": "host-a", "verb": "drain"}).status_code == 403

    client.force_login(admin)
    client.post(reverse("jobs:hosts"), {"host": "host-a", "verb": "drain"})

    assert Host.objects.get().is_draining
    assert AuditRow.objects.filter(act="host_drained", actor=str(admin.pk)).count() == 1
    client.post(reverse("jobs:hosts"), {"host": "host-a", "verb": "take"})
    assert not Host.objects.get().is_draining


def test_a_job_is_given_a_priority_on_its_page(client, admin, launch):
    job = launch()
    client.force_login(admin)

    client.post(reverse("jobs:priority", args=[job.pk]), {"priority": "high"})
    client.post(reverse("jobs:priority", args=[job.pk]), {"priority": "sideways"})

    job.refresh_from_db()
    assert job.priority == 1
    assert '<option value="high" selected>' in client.get(reverse("jobs:detail", args=[job.pk])).content.decode()


def test_programs_read_hosts(client, admin):
    put("host-a", gpus=[24])
    client.force_login(admin)

    said = client.get(reverse("host-list")).json()

    assert [(host["id"], host["gpus"][0]["bytes"], host["is_present"]) for host in said] == [("host-a", 24 << 30, True)]
