"""Hosts: registered by their workers, drained by an admin, each with a folder of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from jobs.models import Host
from jobs.rundir import identity
from jobs.rundir.machine import Machine
from jobs.scheduling import hosts
from jobs.scheduling.workers import MISSED_BEATS
from jobs.supervisor.heartbeat import HostRegistration
from web.db import database_clock

pytestmark = pytest.mark.django_db
BARE = Machine(name="bare", gpus=[], cores=2, memory_bytes=8 << 30)


def put(host_id: str, *, boot_id: str = "boot-1", gpus=(), **values) -> Host:
    found = Machine(name=host_id, gpus=[{"name": "A100", "bytes": gib << 30} for gib in gpus], cores=8, memory_bytes=1)
    host = hosts.register(host_id, boot_id=boot_id, machine=found, disk=(100 << 30, 50 << 30))
    Host.objects.filter(pk=host_id).update(**values)
    host.refresh_from_db()
    return host


def test_a_worker_registers_its_host_once_and_says_then_that_it_is_there(settings, tmp_path):
    settings.RUNS_DIR = tmp_path / "runs"
    registration = HostRegistration()

    registration.tell(identity.host_id(), identity.boot_id())
    long_ago = timezone.now() - timedelta(hours=1)
    Host.objects.update(seen_at=long_ago, disk_free_bytes=0)
    registration.tell(identity.host_id(), identity.boot_id())

    host = Host.objects.get()
    assert host.cores >= 1
    assert host.versions["python"]
    assert host.problem == ""
    assert host.seen_at > long_ago
    assert host.disk_free_bytes > 0


@pytest.mark.postgres_only
@pytest.mark.parametrize(("ahead_s", "side"), [(86_400, "ahead of"), (-1_000, "behind")])
def test_a_host_takes_no_jobs_while_its_clock_is_far_off(monkeypatch, settings, tmp_path, ahead_s, side):
    settings.RUNS_DIR = tmp_path / "runs"
    registration, right = HostRegistration(), timezone.now
    tell = lambda: registration.tell(identity.host_id(), identity.boot_id())  # noqa: E731
    tell()

    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: right() + timedelta(seconds=ahead_s))
        tell()
    assert f"its clock is more than a quarter of an hour {side} the database's" in hosts.obstacle(identity.host_id())

    tell()
    assert hosts.obstacle(identity.host_id()) == ""


@pytest.mark.postgres_only
def test_a_host_works_on_while_its_clock_is_a_little_off(monkeypatch):
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(minutes=10))

    assert database_clock.host_problem() == ""


def test_a_host_that_was_not_heard_of_for_a_while_is_not_present(settings):
    put("host-a")
    put("host-b", seen_at=timezone.now() - timedelta(seconds=3 * settings.WORKER_BEAT_S + 10))

    assert [host.pk for host in hosts.present()] == ["host-a"]


def test_a_host_that_was_not_heard_of_for_a_month_is_forgotten_when_another_comes():
    long_ago = timezone.now() - timedelta(days=31)
    put("replaced", seen_at=long_ago)
    put("drained", seen_at=long_ago, is_draining=True)
    put("away", seen_at=timezone.now() - timedelta(days=29))

    put("host-a")

    assert set(Host.objects.values_list("pk", flat=True)) == {"drained", "away", "host-a"}


def test_only_an_admin_drains_a_host(admin, outsider):
    put("host-a")

    with pytest.raises(PermissionDenied):
        hosts.drain("host-a", by=outsider, is_draining=True)
    drained = hosts.drain("host-a", by=admin, is_draining=True)

    assert drained.is_draining
    assert "being drained" in hosts.obstacle("host-a")
    assert not hosts.drain("host-a", by=admin, is_draining=False).is_draining
    assert hosts.obstacle("host-a") == ""
    assert hosts.drain("nowhere", by=admin, is_draining=True) is None


def test_two_machines_on_one_folder_are_found_at_start_and_containers_of_one_are_not(tmp_path):
    put("host-a", boot_id="boot-1")

    assert hosts.claim_run_folder(tmp_path, host_id="host-a", boot_id="boot-1") == ""
    assert "in use by the host host-a" in hosts.claim_run_folder(tmp_path, host_id="host-b", boot_id="boot-2")
    assert hosts.claim_run_folder(tmp_path, host_id="container", boot_id="boot-1") == ""


def test_a_folder_outlives_the_boot_of_its_machine(tmp_path):
    put("host-a", boot_id="boot-1", seen_at=timezone.now() - timedelta(hours=1))
    hosts.claim_run_folder(tmp_path, host_id="host-a", boot_id="boot-1")

    assert hosts.claim_run_folder(tmp_path, host_id="host-b", boot_id="boot-2") == ""
    assert (tmp_path / hosts.OWNER).read_text() == "boot-2"


def test_a_host_that_is_back_before_it_was_missed_takes_jobs_again(settings, tmp_path):
    settings.RUNS_DIR = tmp_path

    HostRegistration().tell("gpu", "1f0c")
    HostRegistration().tell("gpu", "77aa")

    assert hosts.obstacle("gpu") == ""


def test_a_host_takes_jobs_once_its_folder_is_its_own(settings, tmp_path):
    settings.RUNS_DIR, registration = tmp_path, HostRegistration()
    hosts.claim_run_folder(tmp_path, host_id="host-a", boot_id=put("host-a").boot_id)

    registration.tell("gpu", "1f0c")
    before = hosts.obstacle("gpu")
    Host.objects.filter(pk="host-a").delete()
    registration.tell("gpu", "1f0c")

    assert ("in use by" in before, hosts.obstacle("gpu")) == (True, "")


def test_two_machines_of_one_id_take_no_jobs_until_one_has_left(settings, tmp_path):
    settings.RUNS_DIR = tmp_path
    one, two = HostRegistration(), HostRegistration()

    for registration, boot_id in ((one, "1f0c"), (two, "77aa"), (one, "1f0c"), (one, "1f0c"), (two, "77aa")):
        registration.tell("gpu", boot_id)
    both = hosts.obstacle("gpu")
    for _ in range(MISSED_BEATS + 2):
        two.tell("gpu", "77aa")

    assert both == "another machine has the id gpu too: give each a MINIATURES_HOST_ID of its own"
    assert hosts.obstacle("gpu") == ""
