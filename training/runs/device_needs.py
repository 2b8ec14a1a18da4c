"""Demands of a run on its host, and whether any host there is has it. Asks hosts' rows; knows no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from jobs.kinds.base import Needs
from jobs.rundir.machine import GIB
from jobs.scheduling import fairness, hosts
from training.recipes.schema import Recipe
from training.states import Device
from web.errors import Refusal


def needs_of(recipe: Recipe, device: str, *, needed_gib: float) -> Needs:
    """Return what a host must have for a run.

    Args:
        recipe: How many devices, and whether its base is held in 4 bits, which takes a GPU.
        device: `auto`, `cpu` or `cuda`.
        needed_gib: What each device must have, allowances included; 0 where it is not known.
    """
    if device == Device.CPU:
        return Needs(devices=recipe.processes)
    is_bound = device == Device.CUDA or recipe.quantise != "none"
    if not is_bound and recipe.processes == 1:
        return Needs()
    size = round(needed_gib * GIB) if is_bound else 0
    return Needs(gpus=recipe.processes, gpu_bytes=size, or_cpu=not is_bound, devices=recipe.processes)


def require_devices(recipe: Recipe, device: str, *, needs: Needs) -> None:
    """Refuse a run on several devices that no host there is could take.

    Only what hosts have said of themselves counts: with none there, nothing is known, and the run waits with a reason.

    Raises:
        Refusal: 422, with how many there are.
    """
    present = list(hosts.present())
    if recipe.processes == 1 or not present:
        return
    if device == Device.CPU or (needs.or_cpu and not any(host.gpus for host in present)):
        most, what = max(host.cores for host in present), "cores"
    else:
        if any(fairness.fits(host, needs) for host in present):
            return
        most, what = max(len(host.gpus) for host in present), "GPUs"
    if most >= recipe.processes and what == "cores":
        return
    message = f"This run computes on {recipe.processes} devices at once; the largest host has {most} {what}."
    if most >= recipe.processes:
        message = f"This run needs {needs}, and no host has them."
    raise Refusal(
        "too_few_devices",
        message,
        hint="Lower the number of devices, or start a worker on a larger host.",
        errors={"processes": [message]},
    )


def as_json(needs: Needs) -> dict[str, Any]:
    return asdict(needs)


def needs_from_json(kept: Mapping[str, Any]) -> Needs:
    """Needs as a spec keeps them; a job of an earlier release needs nothing special."""
    return Needs(**kept)
