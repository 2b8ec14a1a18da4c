"""Whole tensors of parts that lie with several processes, and parts of whole ones. Plain tensors are whole already.

Files of a sharded run are so the very files of any other run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor


def full_tensor(value: Tensor) -> Tensor:
    """A tensor as a whole, where it lies; all processes that hold parts of it must ask together."""
    whole: Tensor = value.full_tensor() if isinstance(value, DTensor) else value
    return whole


def full_tensors(values: Mapping[str, Tensor], *, keep: bool) -> dict[str, Tensor]:
    """Tensors by name, whole: one after another is put together, and moved to the CPU where it had been in parts.

    All processes call it together.

    Args:
        values: By name; the same names in the same order on every process.
        keep: Whether this process wants them. One that does not holds no more than one whole tensor at a time.

    Returns:
        Those kept; empty where they are not wanted.
    """
    kept = {}
    for name, value in values.items():
        whole = _on_cpu(value)
        if keep:
            kept[name] = whole
    return kept


def full_state(tree: object, *, keep: bool) -> Any:
    """An optimiser's state with every tensor whole, as `tensors` makes them; what it is worth only where `keep`."""
    if isinstance(tree, DTensor):
        whole = _on_cpu(tree)
        return whole if keep else None
    if isinstance(tree, Mapping):
        return {key: full_state(part, keep=keep) for key, part in tree.items()}
    return [full_state(part, keep=keep) for part in tree] if isinstance(tree, list) else tree


def copy_part(parameter: Tensor, whole: Tensor) -> None:
    """Write a whole tensor into a parameter, in place: this process's part of it where it has but a part."""
    with torch.no_grad():
        if isinstance(parameter, DTensor):
            parameter.to_local().copy_(_part(whole, parameter))
        else:
            parameter.copy_(whole)


def local_state(saved: Mapping[str, Any], optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """An optimiser's saved state as this process loads it: its parts of all that belongs to parameters in parts.

    Args:
        saved: As `state` made it.
        optimiser: Over the parameters it belongs to, in the order it was saved in.
    """
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    per_parameter = {
        number: {name: _like(value, parameters[number]) for name, value in values.items()}
        for number, values in saved["state"].items()
    }
    return {**saved, "state": per_parameter}


def _like(value: object, parameter: Tensor) -> Any:
    """Shard a moment like its parameter; the count of steps stays whole."""
    if not isinstance(parameter, DTensor) or not isinstance(value, Tensor) or value.shape != parameter.shape:
        return value
    part = _part(value, parameter).to(parameter.device, copy=True)
    return DTensor.from_local(
        part, parameter.device_mesh, parameter.placements, shape=parameter.shape, stride=parameter.stride()
    )


def _part(whole: Tensor, like: DTensor) -> Tensor:
    """View of a tensor's part of this process, cut as `like` is; no communication."""
    index, count = like.device_mesh.get_local_rank(), like.device_mesh.size()
    pieces = whole.chunk(count)
    return pieces[index] if index < len(pieces) else whole[:0]


def _on_cpu(value: Tensor) -> Tensor:
    return full_tensor(value).cpu() if isinstance(value, DTensor) else value
