"""What runs need of a host, and refusing those that no host could take."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict

import pytest

from jobs.kinds.base import Needs
from jobs.kinds.registry import KINDS
from jobs.models import Job
from jobs.rundir.machine import GIB, Machine
from jobs.scheduling import hosts
from training.recipes.schema import Recipe
from training.runs import device_needs
from web.errors import Refusal

ONE, FOUR = Recipe(), Recipe(processes=4, strategy="ddp")


def put(name: str, *, gpus=(), cores=2) -> None:
    machine = Machine(name=name, gpus=[{"name": "A", "bytes": gib * GIB} for gib in gpus], cores=cores, memory_bytes=1)
    hosts.register(name, boot_id=name, machine=machine, disk=(2, 1))


@pytest.mark.parametrize(
    ("recipe", "device", "needs"),
    [
        (ONE, "auto", Needs()),
        (ONE, "cpu", Needs()),
        (ONE, "cuda", Needs(gpus=1, gpu_bytes=10 * GIB)),
        (FOUR, "cpu", Needs(devices=4)),
        (FOUR, "auto", Needs(gpus=4, or_cpu=True, devices=4)),
        (FOUR, "cuda", Needs(gpus=4, gpu_bytes=10 * GIB, devices=4)),
        (Recipe(quantise="nf4"), "auto", Needs(gpus=1, gpu_bytes=10 * GIB)),
    ],
)
def test_needs_follow_from_recipe_and_device_and_outlive_being_kept(recipe, device, needs):
    found = device_needs.needs_of(recipe, device, needed_gib=10)

    assert found == needs
    assert Needs(**asdict(found)) == needs


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("there", "device", "is_refused"),
    [
        ({}, "cuda", False),
        ({"gpus": (80,)}, "cuda", True),
        ({"gpus": (8, 8, 8, 8)}, "cuda", True),
        ({"gpus": (80, 80, 80, 80)}, "cuda", False),
        ({"cores": 2}, "cpu", True),
        ({"cores": 4}, "cpu", False),
        ({"cores": 4}, "auto", False),
        ({"gpus": (80,), "cores": 64}, "auto", True),
    ],
)
def test_more_devices_than_any_host_has_are_refused(there, device, is_refused):
    if there:
        put("host-a", **there)
    needs = device_needs.needs_of(FOUR, device, needed_gib=10)

    with pytest.raises(Refusal) if is_refused else nullcontext() as refused:
        device_needs.require_devices(FOUR, device, needs=needs)

    assert not is_refused or refused.value.code == "too_few_devices"


def test_a_job_launched_by_an_earlier_release_needs_nothing_special():
    assert KINDS["training"].needs(Job(spec={"run": "x"})) == Needs()
