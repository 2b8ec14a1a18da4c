"""Jobs that compute on several hosts: hosts that are chosen, parts that live and end with an attempt."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from jobs.contracts import EngineError, Result
from jobs.kinds import registry
from jobs.kinds.base import Needs
from jobs.lifecycle import claim, control, end, parts, reaper
from jobs.lifecycle.claim import Worker
from jobs.lifecycle.parts import HostsTakenError
from jobs.models import Host, Job
from jobs.scheduling import hosts, workers
from jobs.scheduling.clock import database_time_in
from jobs.supervisor import prune_runs
from tests.jobs.kinds import Lonely
from tests.jobs.services.test_hosts import put

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("host-a", "host-b", "host-c")
A, B, C = (Worker(f"worker-{name}", name, "boot") for name in NAMES)


class Wide(Lonely):
    """One at a time on a host, on as many hosts as its spec says."""

    name = "wide"
    is_fair = True
    part_kind = "wide-part"

    def needs(self, job: Job) -> Needs:
        return Needs(**job.spec.get("needs", {}))


class WidePart(Lonely):
    name = "wide-part"
    whole_kind = "wide"

    def needs(self, job: Job) -> Needs:
        return Needs(devices=0)


@pytest.fixture(autouse=True)
def _wide(kinds, settings):
    settings.WORKER_BEAT_S = 60  # Hosts stay for as long as a busy machine takes for a test.
    registry.register_kind(Wide())
    registry.register_kind(WidePart())


@pytest.fixture
def wide(launch):
    return lambda count=2, **needs: launch("wide", needs={"hosts": count, "devices": count, **needs})


def up(*names: str, **there: object) -> None:
    """Hosts whose workers listen for them."""
    for name in names:
        put(name, **there)
        workers.beat(worker=f"worker-{name}", host=name, queues=f"default,{hosts.queue_of('default', name)}")


def begun(job: Job, worker: Worker = A) -> Job:
    held = claim.claim(job.pk, worker=worker)
    assert held, Job.objects.get(pk=job.pk).waiting_reason
    return claim.begin_attempt(held.pk, held.fence)


def over(job: Job) -> None:
    end.succeed(job.pk, job.fence, result=Result(outcome="succeeded"), collected={})


def waits(job: Job, worker: Worker = A) -> str:
    assert claim.claim(job.pk, worker=worker) is None
    job.refresh_from_db()
    return job.waiting_reason


def parts_of(job: Job) -> list[Job]:
    return sorted(Job.objects.filter(kind="wide-part", subject_id=job.pk), key=lambda part: part.spec["rank"])


def test_an_attempt_reserves_a_place_on_other_hosts_and_says_where_all_meet(wide, settings):
    settings.HOST_ADDRESS = "10.0.0.7"
    up(*NAMES)

    job = begun(wide(3, devices=6))

    second, third = parts_of(job)
    assert [part.host_id for part in (second, third)] == ["host-b", "host-c"]
    assert [part.queue for part in (second, third)] == [hosts.queue_of("default", name) for name in NAMES[1:]]
    # Devices are counted once.
    assert [part.devices for part in (job, second, third)] == [6, 0, 0]
    meetings = [parts.meeting_of(job), parts.meeting_of(job, second), parts.meeting_of(job, third)]
    assert [meeting.rank for meeting in meetings] == [0, 1, 2]
    assert {(m.address, m.token) for m in meetings} == {("10.0.0.7", meetings[0].token)}
    assert len({m.port for m in meetings}) == 1 < meetings[0].port
    assert meetings[0].token not in str([second.spec, job.spec])


def test_a_reserved_place_is_taken_for_other_jobs_and_free_for_the_part(wide):
    up("host-a", "host-b")
    job, narrow = begun(wide()), wide(1)

    assert waits(narrow, B)
    assert claim.claim(parts_of(job)[0].pk, worker=B)


def test_hosts_that_are_busy_or_drained_or_do_not_listen_take_no_part(wide, admin):
    up("host-a", "host-b")
    put("host-c")
    busy, job = begun(wide(1), B), wide()

    assert "not free at once" in waits(job)

    over(busy)

    hosts.drain("host-b", by=admin, is_draining=True)
    assert "not free at once" in waits(job)
    Host.objects.filter(pk="host-c").delete()
    assert "1 are there" in waits(job)
    hosts.drain("host-b", by=admin, is_draining=False)
    assert [part.host_id for part in parts_of(begun(job))] == ["host-b"]


def test_gpus_like_the_first_hosts_are_preferred_and_gpus_never_meet_cpus(wide):
    up("host-a", gpus=(80,))
    up("host-b", gpus=(24,))
    up("host-c", gpus=(80,))
    first = begun(wide(gpus=1, or_cpu=True))
    assert [part.host_id for part in parts_of(first)] == ["host-c"]

    Host.objects.filter(pk="host-b").update(gpus=[])
    over(first)
    Job.objects.filter(kind="wide-part").update(state="cancelled")
    Host.objects.filter(pk="host-c").update(gpus=[])

    assert "not free at once" in waits(wide(gpus=1, or_cpu=True))


def test_a_wide_job_is_not_overtaken_while_hosts_come_free_and_one_that_never_can_begin_holds_nobody_up(wide):
    up("host-a", "host-b")
    busy, first, narrow = begun(wide(1), B), wide(), wide(1)
    assert "not free" in waits(first)
    assert "1 job before it" in waits(narrow)

    over(busy)
    job = begun(first)
    over(job)
    impossible = wide(3)
    assert "it takes 3 hosts" in waits(impossible)
    Job.objects.filter(kind="wide-part").update(state="cancelled")
    Job.objects.filter(pk=impossible.pk).update(priority=1)

    assert begun(narrow)


def test_a_host_that_is_taken_between_claim_and_beginning_leaves_nothing_behind(wide):
    up("host-a", "host-b")
    job = wide()
    held = claim.claim(job.pk, worker=A)
    Job.objects.filter(pk=wide(1).pk).update(state="running", host_id="host-b")

    with pytest.raises(HostsTakenError):
        claim.begin_attempt(held.pk, held.fence)

    assert not parts_of(job)
    job.refresh_from_db()
    assert (job.attempts, job.settled) == (0, True)


@pytest.mark.parametrize("ending", ["stopped", "crashed", "failed", "released", "lease"])
def test_parts_end_with_their_attempt_however_it_ends(wide, ending):
    up("host-a", "host-b")
    job = begun(wide())
    part = begun(parts_of(job)[0], B)
    error = EngineError(code="x", message="x")

    if ending == "stopped":
        control.pause(job, by=None)
        end.stopped(job.pk, job.fence)
    elif ending == "crashed":
        end.crashed(job.pk, job.fence, error=error)
    elif ending == "failed":
        end.fail(job.pk, job.fence, error=error)
    elif ending == "released":
        end.release(job.pk, job.fence, engine_lives=False)
    else:
        Job.objects.filter(pk=job.pk).update(lease_until=database_time_in(-1))
        reaper.reap()

    part.refresh_from_db()
    assert part.state == "cancelling"
    # A place is free again when the part has ended, not before.
    assert hosts.present().count() == 2
    end.stopped(part.pk, part.fence)
    assert Job.objects.get(pk=part.pk).state == "cancelled"


def test_a_worker_that_lost_the_job_leaves_the_parts_of_its_next_attempt_alone(wide):
    up("host-a", "host-b")
    lost = begun(wide())
    end.crashed(lost.pk, lost.fence, error=EngineError(code="x", message="x"))
    begun(lost)

    parts.disband(lost)

    assert sorted(part.state for part in parts_of(lost)) == ["cancelled", "queued"]


def test_a_worker_that_leaves_its_engine_alone_leaves_the_parts_alone(wide):
    up("host-a", "host-b")
    job = begun(wide())

    end.release(job.pk, job.fence, engine_lives=True)

    assert [part.state for part in parts_of(job)] == ["queued"]


def test_a_part_is_lost_when_it_crashed_once_was_given_back_or_never_began(wide):
    up("host-a", "host-b")
    job = begun(wide())
    part = begun(parts_of(job)[0], B)
    assert parts.lost(job) == ""

    end.release(part.pk, part.fence, engine_lives=True)
    assert parts.lost(job) == ""
    Job.objects.filter(pk=part.pk).update(settled=True)
    assert "host-b" in parts.lost(job)

    again = begun(part, B)
    assert parts.lost(job) == ""
    end.crashed(again.pk, again.fence, error=EngineError(code="database_away", message="x"))
    assert Job.objects.get(pk=part.pk).state == "failed"
    assert "host-b" in parts.lost(job)
    assert parts.explained_end(job) is None

    Job.objects.filter(pk=part.pk).update(error={"code": "out_of_memory", "message": "Too large.", "hint": "Smaller."})
    assert parts.explained_end(job) == EngineError(
        code="out_of_memory", message="On the host host-b: Too large.", hint="Smaller."
    )

    Job.objects.filter(pk=part.pk).update(
        state="queued", attempts=0, created_at=database_time_in(-parts.BEGINS_WITHIN_S)
    )
    assert "host-b" in parts.lost(job)


def test_a_part_whose_lease_runs_out_is_lost_at_once(wide):
    up("host-a", "host-b")
    job = begun(wide())
    part = begun(parts_of(job)[0], B)
    Job.objects.filter(pk=part.pk).update(lease_until=database_time_in(-1))

    reaper.reap()

    assert Job.objects.get(pk=part.pk).error["code"] == "worker_lost"
    assert "host-b" in parts.lost(job)


def test_the_next_attempt_has_parts_of_its_own(wide):
    up("host-a", "host-b")
    job = begun(wide())
    (old,) = parts_of(job)
    token = parts.meeting_of(job).token
    end.crashed(job.pk, job.fence, error=EngineError(code="crashed", message="x"))

    job = begun(job)

    new = next(part for part in parts_of(job) if part.pk != old.pk)
    assert (new.spec["fence"], new.state) == (job.run_fence, "queued")
    assert parts.meeting_of(job).token != token
    assert parts.lost(job) == ""


def test_nobody_steers_a_part_and_it_is_pruned_with_its_whole(wide, admin):
    up("host-a", "host-b")
    job = begun(wide())
    (part,) = parts_of(job)

    with pytest.raises(PermissionDenied):
        control.pause(part, by=admin)
    prune_runs.prune_erased_texts({job.pk})

    assert Job.objects.filter(texts_erased_at__isnull=False, pk__in=[job.pk, part.pk]).count() == 2


def test_jobs_of_one_host_have_no_parts_and_meet_nobody(wide):
    up("host-a")
    job = begun(wide(1))

    assert (parts_of(job), parts.meeting_of(job), parts.lost(job)) == ([], None, "")


def test_a_worker_hears_of_parts_only_for_the_queues_it_serves(wide):
    assert parts.own_queues({"default"}, "host-a") == [hosts.queue_of("default", "host-a")]
    assert hosts.queue_of("default", "host-a") != hosts.queue_of("default", "host-b")
    assert parts.own_queues({"serving"}, "host-a") == []
    assert len(hosts.queue_of("training", "x" * 64)) <= 40
