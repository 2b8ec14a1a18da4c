"""The switch that stops everything that leaves: who may press it, what is written down, and what it keeps apart."""

from __future__ import annotations

import threading
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, transaction

from audit.models import AuditRow
from jobs.lifecycle import claim
from jobs.lifecycle.claim import Worker
from jobs.models import Halt, Job
from jobs.scheduling import halt
from tests.jobs.services.test_claiming import HERE, race
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


def acts() -> list[str]:
    return list(AuditRow.objects.filter(act__in=("halted", "resumed")).order_by("id").values_list("act", flat=True))


def test_halting_twice_keeps_who_was_first_and_is_one_act(admin):
    first = halt.halt(by=admin, reason="  a wrong\nprice ")
    again = halt.halt(by=None, reason="something else")

    assert (again.by, again.reason, again.since) == (admin, "a wrong price", first.since)
    assert acts() == ["halted"]
    assert AuditRow.objects.get(act="halted").detail == {"reason": "a wrong price"}


def test_resuming_twice_is_resuming_once(admin):
    halt.halt(by=admin)

    assert [halt.resume(by=admin), halt.resume(by=admin)] == [True, False]
    assert halt.current_halt() is None
    assert acts() == ["halted", "resumed"]


def test_resuming_what_was_never_stopped_does_nothing():
    assert halt.resume(by=None) is False
    assert not Halt.objects.exists()


def test_of_many_who_stop_at_once_one_is_named(make_member):
    members = [make_member(f"m{number}", admin=True) for number in range(6)]

    answers = race(6, lambda n: halt.halt(by=members[n], reason=str(n)).reason)

    assert len(set(answers)) == 1
    assert acts() == ["halted"]


def test_only_an_admin_stops_or_resumes(admin, outsider):
    with pytest.raises(PermissionDenied):
        halt.halt(by=outsider)
    halt.halt(by=admin)
    with pytest.raises(PermissionDenied):
        halt.resume(by=outsider)

    assert halt.current_halt() is not None


def test_a_reason_that_does_not_fit_stops_nothing_and_says_so():
    with pytest.raises(Refusal) as refused:
        halt.halt(by=None, reason="x" * 201)
    with pytest.raises(CommandError, match="201 characters"):
        call_command("halt", reason="x" * 201)

    assert "201 characters" in refused.value.errors["reason"][0]
    assert halt.current_halt() is None


def test_the_commands_stop_and_resume_and_say_what_stands(admin):
    out = StringIO()

    halt.halt(by=admin, reason="a leak")
    call_command("halt", reason="later", stdout=out)
    call_command("resume", stdout=out)
    call_command("resume", stdout=out)

    assert f"stopped by {admin.name}: a leak." in out.getvalue()
    assert out.getvalue().endswith("Outgoing traffic is resumed.\nNothing had been stopped.\n")


def test_asking_outside_a_transaction_is_a_mistake():
    with pytest.raises(transaction.TransactionManagementError):
        halt.check_and_lock()


def test_a_halt_waits_for_whatever_is_just_leaving():
    leaving, may_end, order = threading.Event(), threading.Event(), []

    def leave() -> None:
        with transaction.atomic():
            assert halt.check_and_lock() is None
            leaving.set()
            may_end.wait(20)
            order.append("left")
        connections.close_all()

    def stop() -> None:
        halt.halt(by=None)
        order.append("stopped")
        connections.close_all()

    threads = [threading.Thread(target=leave), threading.Thread(target=stop)]
    threads[0].start()
    assert leaving.wait(20)
    threads[1].start()
    # The halt is given a while to do what it must not.
    threads[1].join(0.2)
    assert order == []
    may_end.set()
    for thread in threads:
        thread.join(20)

    assert order == ["left", "stopped"]


@pytest.mark.slow
def test_no_attempt_that_leaves_begins_after_the_halt_has_committed(launch):
    jobs = [launch("leaving") for _ in range(6)]
    begun_at_halt = []

    def act(number: int) -> None:
        if number == 6:
            halt.halt(by=None)
            begun_at_halt.append(Job.objects.filter(attempts__gt=0).count())
            return
        claimed = claim.claim(jobs[number].pk, worker=Worker(f"w{number}", f"host-{number}", "boot"))
        if claimed is not None:
            try:
                claim.begin_attempt(claimed.pk, claimed.fence)
            except halt.HaltedError:
                return

    race(7, act)

    assert begun_at_halt == [Job.objects.filter(attempts__gt=0).count()]


def test_a_job_that_leaves_waits_and_says_why_and_others_run(launch):
    halt.halt(by=None, reason="a leak")
    leaving, staying = launch("leaving"), launch("counting")

    assert claim.claim(leaving.pk, worker=HERE) is None
    assert claim.claim(staying.pk, worker=HERE) is not None
    leaving.refresh_from_db()
    assert (leaving.state, leaving.waiting_reason) == ("waiting", "all outgoing traffic is stopped: a leak")
    halt.resume(by=None)
    assert claim.claim(leaving.pk, worker=HERE) is not None
