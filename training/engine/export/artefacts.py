"""Artefacts of a run: an adapter or a whole model, with the tokenizer and template it was tuned with, ready to zip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from training.engine.contracts import StudentRef
from training.engine.distributed import fsdp, gather
from training.engine.export import ends
from training.engine.model import complete_weights, lora
from training.engine.model.loading import LoadedStudent
from training.engine.model.start_adapter import stack
from training.recipes.schema import Method

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

# Adam keeps two fp32 moments beside each tuned weight; the best weights and the artefact are a copy each.
ADAM_BYTES = 8
# What PEFT keeps as sets of an adapter's configuration.
SETS = ("target_modules", "target_parameters", "exclude_modules")


def bytes_to_write(model: CausalModel) -> int:
    """Bytes of a checkpoint with its best weights, and of the artefact."""
    tuned = lora.tuned_parameters(model).values()
    return sum(p.numel() * (3 * p.element_size() + ADAM_BYTES) for p in tuned)


def restore_weights(model: CausalModel, tuned: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    """Copy stored weights into the tuned parameters of a model, in place.

    Raises:
        TrainError: They are not exactly the tuned ones; nothing was changed.
    """
    complete_weights.require_tuned(weights, tuned)
    for name, parameter in tuned.items():
        gather.copy_part(parameter, weights[name])
    fsdp.reshard(model)


def write(
    folder: Path,
    model: CausalModel,
    student: LoadedStudent,
    method: Method,
    source: StudentRef,
    *,
    before: Path | None = None,
    weights: Mapping[str, Tensor] | None = None,
) -> list[str]:
    """Write `adapter/` or `model/` and return the paths of its files, relative to `folder`.

    `weights` are the model's, whole, where it holds but parts of them (`whole_weights`). `before` is the adapter a run
    on adapters began with: what is written holds both. Whole weights are tuned in fp32 and written in the format their
    base lies in: rounded once, here, and in place.
    """
    target = folder / ("adapter" if method == "lora" else "model")
    if method == "full":
        weights = _as_stored(model, weights, student.stored_dtype)
    model.save_pretrained(str(target), state_dict=None if weights is None else dict(weights))
    if method == "full":
        _name_dtype(target / "config.json", student.stored_dtype)
    ends.write_tokenizer(target, student.chat, ends.generation_of(model))
    if method == "lora":
        if before is not None:
            stack(target, before)
        name_base(target / "adapter_config.json", source)
        # PEFT's model card is a form with empty lines; the miniature's own card says what there is to say.
        (target / "README.md").unlink(missing_ok=True)
    return sorted(str(file.relative_to(folder)) for file in target.rglob("*") if file.is_file())


def whole_weights(
    model: CausalModel, tuned: Mapping[str, Tensor], method: Method, *, keep: bool
) -> dict[str, Tensor] | None:
    """Return what `write` needs of a model whose weights lie with several processes; None for one that has them itself.

    All processes call it together; only one that is to `keep` them gets any.
    """
    if not fsdp.is_sharded(model):
        return None
    fsdp.reshard(model)
    if method == "lora":
        return gather.full_tensors(tuned, keep=keep)
    # Tied weights are written once; once they are copies, nothing tells any more that they are tied.
    once = {name for name, _ in model.named_parameters()}
    again = {name for name, _ in model.named_parameters(remove_duplicate=False)} - once
    return gather.full_tensors(
        {name: value for name, value in model.state_dict().items() if name not in again}, keep=keep
    )


def _as_stored(
    model: nn.Module, weights: Mapping[str, Tensor] | None, dtype: torch.dtype
) -> Mapping[str, Tensor] | None:
    """Copy given weights to a format, or convert the model in place, so that tied weights stay one."""
    if weights is None:
        model.to(dtype)
        return None
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in weights.items()}


def _name_dtype(path: Path, dtype: torch.dtype) -> None:
    """Write the format of the weights into the config: a sharded model still computes in another."""
    config = json.loads(path.read_text())
    config["dtype"] = str(dtype).removeprefix("torch.")
    path.write_text(json.dumps(config, indent=2, sort_keys=True))


def name_base(path: Path, source: StudentRef) -> None:
    """Name the base of an adapter in its `adapter_config.json` by hub id and commit, or a registered folder's name.

    A path of this host means nothing elsewhere.

    Modules are listed in order: PEFT keeps them as a set, and one adapter would have another hash from each process.
    """
    config = json.loads(path.read_text())
    for name in SETS:
        if isinstance(config.get(name), list):
            config[name] = sorted(config[name])
    config["base_model_name_or_path"] = source.hub_id or source.name or Path(str(source.path)).name
    config["revision"] = source.revision
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
