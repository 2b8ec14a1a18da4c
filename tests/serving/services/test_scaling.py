"""Serving on several hosts: who begins and drains a replica, whose worker does its work,
and the part of Jobs › Hosts.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditRow
from jobs.kinds import registry
from jobs.lifecycle import claim, control, end
from jobs.models import Job
from jobs.scheduling import workers
from serving.models import Replica
from serving.runtime import scaling, status, switch
from tests.jobs.services.test_hosts import put
from tests.serving.services.serving_hosts import GPU, HOME, first_replica, put_hosts, running
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _hosts():
    put_hosts()


@pytest.fixture
def first(admin):
    return first_replica(admin)


def passed_on(monkeypatch) -> list[Job]:
    sent: list[Job] = []
    monkeypatch.setattr("jobs.lifecycle.notify.pass_on_after_commit", lambda job_id, queue: sent.append(job_id))
    return sent


def test_a_lead_serves_on_one_more_host_and_only_its_worker_takes_the_job(first, lead, monkeypatch):
    sent = passed_on(monkeypatch)
    second = scaling.serve_on("gpu-1", by=lead)
    again = scaling.serve_on("gpu-1", by=lead)

    assert second.pk == again.pk
    assert Job.objects.filter(kind="serving").count() == 2
    assert claim.claim(second.job_id, worker=HOME) is None
    assert sent == [second.job_id]
    assert running(second, GPU).job.host_id == "gpu-1"
    assert AuditRow.objects.filter(act="replica_started", subject_id="gpu-1").count() == 1


def test_a_job_waits_for_its_host_where_that_is_away_and_says_so(first, lead, monkeypatch):
    sent = passed_on(monkeypatch)
    second = scaling.serve_on("gpu-1", by=lead)
    put("gpu-1", boot_id="boot-2", seen_at=timezone.now() - timedelta(hours=1))

    claim.claim(second.job_id, worker=HOME)

    second.job.refresh_from_db()
    assert (second.job.state, second.job.waiting_reason) == ("waiting", "the host gpu-1 takes no jobs")
    assert sent == []


def test_a_job_of_a_host_whose_worker_has_left_goes_round_no_more(first, lead, monkeypatch):
    sent = passed_on(monkeypatch)
    second = scaling.serve_on("gpu-1", by=lead)
    workers.withdraw(GPU.name)

    claim.claim(second.job_id, worker=HOME)

    second.job.refresh_from_db()
    assert (second.job.waiting_reason, sent) == ("the host gpu-1 takes no jobs", [])


def test_the_host_that_serves_already_begins_no_second_engine(first, lead):
    assert scaling.serve_on("home", by=lead).pk == first.pk
    assert Replica.objects.count() == 1


@pytest.mark.parametrize("host", ["trainer", "away", "unknown"])
def test_a_host_without_a_worker_that_serves_is_refused(lead, host):
    with pytest.raises(Refusal) as refused:
        scaling.serve_on(host, by=lead)

    assert (refused.value.code, refused.value.status) == ("no_serving_worker", 409)


def test_a_viewer_begins_and_a_lead_drains_nothing(first, viewer, lead):
    with pytest.raises(PermissionDenied):
        scaling.serve_on("gpu-1", by=viewer)
    with pytest.raises(PermissionDenied):
        scaling.drain(first, by=lead)


def test_engines_out_of_reach_are_named_by_one_question(first, django_assert_num_queries):
    for number in range(5):
        host = put(f"far-{number}", boot_id=f"far-boot-{number}")
        job = Job.objects.create(
            kind="serving", queue="serving", title="Far", state="running", run_fence=1, host_id=host.pk, boot_id="far"
        )
        Replica.objects.create(host_id=host.pk, job=job, socket="far.sock", reported_fence=1)

    with django_assert_num_queries(2):
        lost = [each for each in status.replica_statuses() if each.state == "unreachable"]

    assert ["far-4" in each.reason for each in lost] == [False] * 4 + [True]


def test_a_replica_that_no_host_took_ends_at_once(admin):
    switch.start_serving(by=admin)
    scaling.drain(Replica.objects.get(), by=admin)

    assert Replica.objects.count() == 0
    assert Job.objects.get(kind="serving").state == "cancelled"


def test_an_upgrade_leaves_serving_to_a_new_replica(first, admin):
    scaling.drain(first, by=admin)
    job = switch.start_serving(by=admin)

    assert job.pk != first.job_id
    assert Replica.objects.filter(draining_since=None).get().job_id == job.pk


def test_serving_stops_and_starts_on_all_its_hosts(first, admin, lead):
    running(scaling.serve_on("gpu-1", by=lead), GPU)
    switch.stop_serving(by=admin)
    for job in Job.objects.filter(kind="serving"):
        end.stopped(job.pk, job.fence)
    assert status.serving_status().state == "stopped"

    switch.start_serving(by=lead)

    assert sorted(row.host_id for row in Replica.objects.all()) == ["", "gpu-1"]
    assert {row.job.state for row in Replica.objects.select_related("job")} == {"queued"}


def test_later_promotions_reach_every_host_that_serves(first, lead, admin):
    running(scaling.serve_on("gpu-1", by=lead), GPU)

    switch.update_serving(by=admin)

    updates = Job.objects.filter(kind=switch.UPDATE_KIND)
    assert sorted(registry.KINDS[job.kind].needs(job).host_id for job in updates) == ["gpu-1", "home"]


def test_the_page_shows_replicas_and_hosts_that_could_serve(first, lead, admin, viewer, as_member):
    url = reverse("serving:replicas")
    for member in (viewer, lead, admin):
        whole = as_member(member).get(url).content.decode()
        part = as_member(member).get(url, headers={"hx-request": "true"}).content.decode()
        assert "<html" in whole
        assert "<html" not in part
        assert "gpu-1" in part
        assert "trainer" not in part
        assert "away" not in part
        assert ("Serve here" in part) == (member is not viewer)
        assert ("Drain" in part) == (member is admin)

    as_member(lead).post(url, {"host": "gpu-1"})
    as_member(admin).post(url, {"replica": str(first.pk)})
    html = as_member(admin).get(url).content.decode()

    assert "draining" in html
    assert "Accept requests again" in html
    assert Replica.objects.filter(host_id="gpu-1").exists()
    assert as_member(lead).post(url, {"replica": str(first.pk)}).status_code == 403
    assert as_member(viewer).post(url, {"host": "gpu-1"}).status_code == 403


def test_a_program_lists_begins_and_drains_replicas(first, lead, admin, viewer, as_member):
    url = reverse("api-replicas")
    started = as_member(lead).post(url, {"host": "gpu-1"}, content_type="application/json")
    refused = as_member(lead).post(url, {"host": "trainer"}, content_type="application/json")
    drained = as_member(admin).post(reverse("api-replica-drain", args=[first.pk]))
    one, two = as_member(viewer).get(url).json()

    assert (started.status_code, refused.status_code, drained.status_code) == (202, 409, 204)
    assert started.json() == {"id": two["id"], "job": str(Replica.objects.get(host_id="gpu-1").job_id)}
    assert (one["id"], one["host"], one["is_draining"], one["in_flight"]) == (first.pk, "home", True, None)
    assert (two["host"], two["host_name"], two["state"], two["models"], two["others"]) == (
        "gpu-1", "gpu-1", "starting", [], 0,
    )  # fmt: skip
    assert as_member(viewer).post(url, {"host": "gpu-1"}, content_type="application/json").status_code == 403
    assert as_member(lead).post(reverse("api-replica-drain", args=[two["id"]])).status_code == 403
    assert as_member(admin).post(reverse("api-replica-drain", args=[987])).status_code == 404


def test_a_replica_that_ended_serves_again_on_its_row_or_is_removed(first, lead, admin, as_member):
    url = reverse("serving:replicas")
    switch.stop_serving(by=admin)
    end.stopped(first.job_id, first.job.fence)
    page = as_member(admin).get(url).content.decode()

    as_member(lead).post(url, {"host": "home"})
    again = Replica.objects.get()
    control.cancel(again.job, by=admin)
    as_member(admin).post(url, {"replica": str(again.pk)})

    assert ("Serve again" in page, ">Remove<" in page, ">Drain<" in page) == (True, True, False)
    assert (again.pk, again.job_id != first.job_id) == (first.pk, True)
    assert not Replica.objects.exists()


@pytest.mark.parametrize("number", ["987", "9" * 5000, "-1", "x"])
def test_a_number_that_is_no_replica_s_drains_nothing(first, admin, as_member, number):
    answer = as_member(admin).post(reverse("serving:replicas"), {"replica": number})

    assert answer.status_code in (302, 404)
    assert Replica.objects.get().draining_since is None


def test_the_page_of_hosts_loads_the_part(admin, as_member):
    assert f'hx-get="{reverse("serving:replicas")}"' in as_member(admin).get(reverse("jobs:hosts")).content.decode()
