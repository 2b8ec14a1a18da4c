"""Demands of a run on its host, and whether any host there is has it. Asks hosts' rows; knows no engine."""

from __future__ import annotations

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
        return Needs(devices=recipe.processes, hosts=recipe.hosts)
    is_bound = device == Device.CUDA or recipe.quantise != "none"
    if not is_bound and recipe.processes == 1:
        return Needs()
    size = round(needed_gib * GIB) if is_bound else 0
    return Needs(
        gpus=recipe.processes_per_host,
        gpu_bytes=size,
        or_cpu=not is_bound,
        devices=recipe.processes,
        hosts=recipe.hosts,
    )


def require_devices(recipe: Recipe, device: str, *, needs: Needs) -> None:
    """Refuse a run on several devices that no host there is could take, or too few where it takes several.

    Only what hosts have said of themselves counts: with none there, nothing is known, and the run waits with a reason.

    Raises:
        Refusal: 422, with how many there are.
    """
    present = list(hosts.present())
    if recipe.processes == 1 or not present:
        return
    each = recipe.processes_per_host
    if device == Device.CPU or (needs.or_cpu and not any(host.gpus for host in present)):
        most, what = max(host.cores for host in present), "cores"
        able = [host for host in present if host.cores >= each]
    else:
        most, what = max(len(host.gpus) for host in present), "GPUs"
        able = [host for host in present if fairness.fits(host, needs)]
    if len(able) >= recipe.hosts:
        return
    message, field = f"This run computes on {each} devices at once; the largest host has {most} {what}.", "processes"
    if able:
        message = (
            f"This run takes {recipe.hosts} hosts with {each} devices each; "
            f"of those that are there {len(able)} will do."
        )
        field = "hosts"
    elif most >= each:
        message = f"This run needs {needs}, and no host has them."
    raise Refusal(
        "too_few_devices",
        message,
        hint="Lower the number of devices, or start a worker on a larger host.",
        errors={field: [message]},
    )


def are_several_hosts() -> bool:
    """Return whether more than one host is there, so that a run can be spread over them."""
    return hosts.present().count() > 1
