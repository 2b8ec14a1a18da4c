"""Draining a replica: when its engine ends, who ends it, and what is kept of its reports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.kinds import registry
from jobs.kinds.base import MustWait
from jobs.lifecycle import claim, end
from jobs.models import Job
from serving.models import Replica
from serving.runtime import replicas, scaling, status, switch
from tests.serving.services.serving_hosts import GPU, first_replica, put_hosts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _hosts():
    put_hosts()


@pytest.fixture
def first(admin):
    return first_replica(admin)


def test_a_drained_replica_ends_once_it_has_no_question_and_web_had_time_to_look(first, admin):
    scaling.drain(first, by=admin)
    scaling.drain(first, by=admin)
    job = Job.objects.get(kind=scaling.DRAIN_KIND)
    kind = registry.KINDS[job.kind]

    with pytest.raises(MustWait):
        kind.run_inline(job, None)
    Replica.objects.update(draining_since=timezone.now() - 2 * scaling.SETTLED_AFTER)
    assert kind.needs(job).host_id == "home"
    assert kind.run_inline(job, None) == {}

    first.job.refresh_from_db()
    assert first.job.state == "cancelling"
    end.stopped(first.job_id, first.job.fence)
    assert Replica.objects.count() == 0
    assert kind.run_inline(job, None) == {}


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_host_whose_clock_is_off_ends_a_drained_replica_in_time(first, admin, monkeypatch, ahead):
    scaling.drain(first, by=admin)
    kind, job, now = registry.KINDS[scaling.DRAIN_KIND], Job.objects.get(kind=scaling.DRAIN_KIND), timezone.now
    monkeypatch.setattr(scaling.timezone, "now", lambda: now() + ahead)

    with pytest.raises(MustWait):
        kind.run_inline(job, None)
    Replica.objects.update(draining_since=now() - 2 * scaling.SETTLED_AFTER)
    assert kind.run_inline(job, None) == {}


def test_a_drained_replica_whose_host_is_gone_is_ended_from_another(first, admin):
    scaling.drain(first, by=admin)
    Job.objects.filter(pk=first.job_id).update(state="queued")
    Replica.objects.update(draining_since=timezone.now() - 2 * scaling.SETTLED_AFTER)
    job = Job.objects.get(kind=scaling.DRAIN_KIND)

    assert claim.claim(job.pk, worker=GPU)
    assert registry.KINDS[job.kind].run_inline(job, None) == {}
    assert not Replica.objects.exists()
    assert Job.objects.get(pk=first.job_id).state == "cancelled"


def test_a_draining_replica_takes_questions_again(first, admin):
    scaling.drain(first, by=admin)
    scaling.serve_on("home", by=admin)

    assert Replica.objects.get().draining_since is None
    assert scaling.end_when_empty(first.pk) is None
    first.job.refresh_from_db()
    assert first.job.state == "running"


def test_a_report_that_comes_while_a_replica_is_drained_or_asked_back_is_kept(first, admin, monkeypatch):
    record = scaling.trail.record

    def meanwhile(act, **about):
        Replica.objects.filter(pk=first.pk).update(address=act, reported_fence=7)
        record(act, **about)

    monkeypatch.setattr(scaling.trail, "record", meanwhile)
    scaling.drain(first, by=admin)
    drained = Replica.objects.get()
    scaling.serve_on("home", by=admin)
    again = Replica.objects.get()

    assert (drained.address, drained.reported_fence, drained.draining_since is None) == ("replica_drained", 7, False)
    assert (again.address, again.reported_fence, again.draining_since) == ("replica_undrained", 7, None)


def test_a_new_job_does_not_go_by_what_the_engine_of_the_last_one_reported(first, admin):
    Replica.objects.update(socket="old.sock", address="10.0.0.9:8770", reported_fence=1)
    switch.stop_serving(by=admin)

    switch.start_serving(by=admin)

    row = Replica.objects.select_related("job").get()
    Job.objects.filter(pk=row.job_id).update(state="running", run_fence=1, boot_id="boot-1")
    assert row.job_id != first.job_id
    assert replicas.link_to(Replica.objects.select_related("job").get()) is None


def test_serving_is_stopped_where_its_only_engine_is_being_drained(first, admin):
    scaling.drain(first, by=admin)

    standing = status.serving_status()

    assert (standing.state, standing.job, status.current_job()) == ("stopped", None, None)
    assert "being drained" in standing.reason
