"""Whose turn it is, claimed on the real database."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from jobs.kinds import registry
from jobs.kinds.base import Needs
from jobs.lifecycle import claim as lifecycle_claim
from jobs.lifecycle import control, notify, reaper
from jobs.lifecycle import end as lifecycle_end
from jobs.lifecycle.claim import Worker
from jobs.models import Job, JobEvent
from jobs.scheduling import fairness, workers
from tests.jobs.kinds import Lonely
from tests.jobs.services.test_hosts import put

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = Worker("worker-1", "host-a", "boot-1"), Worker("worker-2", "host-b", "boot-2")


class Turns(Lonely):
    """One at a time on a host, by turns; its spec says what GPUs it needs."""

    name = "turns"
    label = "Training"
    is_fair = True
    called = "run"

    def needs(self, job: Job) -> Needs:
        gpus = job.spec.get("gpus", 0)
        return Needs(gpus=gpus, gpu_bytes=job.spec.get("gib", 0) << 30, devices=max(1, gpus))


@pytest.fixture(autouse=True)
def turns(kinds):
    registry.register_kind(Turns())


@pytest.fixture
def passed_on(monkeypatch) -> list[UUID]:
    sent: list[UUID] = []
    monkeypatch.setattr(notify, "pass_on_after_commit", lambda job_id, queue: sent.append(job_id))
    return sent


def waiting(job: Job) -> str:
    job.refresh_from_db()
    return job.waiting_reason if job.state == "waiting" else f"({job.state})"


def end(job: Job) -> None:
    lifecycle_end.stopped(job.pk, Job.objects.get(pk=job.pk).fence)


def claimed(job: Job, worker: Worker = HERE) -> bool:
    return lifecycle_claim.claim(job.pk, worker=worker) is not None


def test_a_job_waits_behind_older_ones_and_says_how_many(launch):
    first, second, third = (launch("turns") for _ in range(3))

    assert not claimed(third)
    assert waiting(third) == "2 runs before it"
    assert not claimed(second)
    assert waiting(second) == "1 run before it"
    assert claimed(first)


def test_the_team_that_had_less_goes_before_an_older_job(launch):
    had = launch("turns", task_slug="big")
    assert claimed(had)
    JobEvent.objects.filter(job=had, payload__state="running").update(ts=timezone.now() - timedelta(hours=2))
    Job.objects.filter(pk=had.pk).update(state="paused")
    JobEvent.objects.create(job=had, seq=99, fence=1, ts=timezone.now() - timedelta(hours=1), kind="state",
                            payload={"state": "paused"})  # fmt: skip
    older, younger = launch("turns", task_slug="big"), launch("turns", task_slug="small")

    running, had_s = fairness.device_time("turns")
    assert (running.get("big", 0), round(had_s["big"])) == (0, 3600)
    assert not claimed(older)
    assert claimed(younger)


def test_a_run_of_two_days_held_its_devices_for_all_of_the_last(launch):
    ended, still = launch("turns", task_slug="ended"), launch("turns", task_slug="still")
    now = timezone.now()
    for job, moves in (ended, ((48, "running"), (2, "succeeded"))), (still, ((48, "running"), (1, "running"))):
        Job.objects.filter(pk=job.pk).update(state=moves[-1][1])
        for seq, (hours, state) in enumerate(moves, 90):
            JobEvent.objects.create(job=job, seq=seq, fence=1, ts=now - timedelta(hours=hours), kind="state",
                                    payload={"state": state})  # fmt: skip

    running, had_s = fairness.device_time("turns")

    assert (running["ended"], running["still"]) == (0, 1)
    assert had_s["ended"] == pytest.approx(22 * 3600, abs=60)
    assert had_s["still"] == pytest.approx(24 * 3600, abs=60)


def test_priority_goes_before_fairness_and_only_an_admin_gives_the_highest(launch, admin, outsider, monkeypatch):
    older, urgent, idle = (launch("turns", task_slug=slug) for slug in ("a", "b", "c"))
    monkeypatch.setattr(
        registry.led_task_slugs, "answer", lambda member: None if member.is_admin else frozenset({"b", "c"})
    )
    with pytest.raises(PermissionDenied):
        control.prioritise(urgent, by=outsider, priority="high")
    with pytest.raises(PermissionDenied):
        control.prioritise(older, by=outsider, priority="low")
    control.prioritise(idle, by=outsider, priority="low")
    control.prioritise(urgent, by=admin, priority="high")

    waiting_jobs = list(Job.objects.filter(state="queued"))
    assert [job.pk for job in fairness.by_turn(waiting_jobs, "turns")] == [urgent.pk, older.pk, idle.pk]
    assert not claimed(older)
    assert claimed(urgent)


def test_a_job_no_host_is_large_enough_for_says_so(launch):
    put("host-a", gpus=[24])
    job = launch("turns", gpus=1, gib=40)

    assert not claimed(job)
    assert waiting(job) == "no host has a GPU of 40 GiB"


def test_a_job_goes_to_the_host_that_has_what_it_needs_and_holds_nobody_up_elsewhere(launch):
    put("host-a")
    put("host-b", gpus=[24, 24])
    large, small = launch("turns", gpus=2, gib=24), launch("turns")

    assert not claimed(large, HERE)
    assert waiting(large) == "(queued)"
    assert claimed(small, HERE)
    assert claimed(large, THERE)
    large.refresh_from_db()
    assert large.devices == 2


def test_a_message_that_reaches_a_busy_host_is_passed_on_to_a_free_one_that_hears_it(launch, passed_on):
    put("host-a")
    put("host-b")
    assert claimed(launch("turns"))
    job = launch("turns")

    assert not claimed(job)
    unheard = list(passed_on)
    workers.beat(worker=THERE.name, host=THERE.host_id, queues="default,training")
    assert not claimed(job)

    assert (unheard, passed_on) == ([], [job.pk])
    assert waiting(job) == "(queued)"


def test_a_message_that_goes_round_is_not_sent_a_second_time(launch, passed_on, settings):
    put("host-a", is_draining=True)
    put("host-b")
    workers.beat(worker=THERE.name, host=THERE.host_id, queues="default")
    job = launch("turns")
    Job.objects.update(rung_at=timezone.now() - timedelta(hours=1))

    assert not claimed(job)

    assert passed_on == [job.pk]
    assert reaper.reap()["rung"] == 0


def test_a_job_whose_hosts_are_all_busy_says_what_is_not_free(launch):
    put("host-a", gpus=[24])
    assert claimed(launch("turns", gpus=1, gib=24))
    next_one = launch("turns", gpus=1, gib=24)

    assert not claimed(next_one)
    assert waiting(next_one) == "no host with a free GPU of 24 GiB"


def test_a_drained_host_takes_nothing_new_and_leaves_the_word_to_others(launch):
    put("host-a", is_draining=True)
    alone = launch("turns")
    assert not claimed(alone)
    assert waiting(alone) == "the host host-a is being drained"

    put("host-b")
    left = launch("counting")
    assert not claimed(left)
    assert waiting(left) == "(queued)"
    assert claimed(left, THERE)


def test_a_jobs_own_host_looks_after_its_engine_before_anybody_elses_turn(launch):
    mine = launch("turns", task_slug="big")
    claim = lifecycle_claim.claim(mine.pk, worker=HERE)
    lifecycle_claim.begin_attempt(mine.pk, claim.fence)
    lifecycle_end.release(mine.pk, claim.fence, engine_lives=True)
    launch("turns", task_slug="small")

    assert claimed(mine)
