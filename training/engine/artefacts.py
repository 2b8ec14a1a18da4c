"""What a run leaves: an adapter or a whole model, with the tokenizer and template it was tuned with, ready to zip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.engine import lora
from training.engine.contracts import StudentRef
from training.engine.loading import Student
from training.engine.objectives.start import stack
from training.recipes import Method

# Adam keeps two fp32 moments beside each tuned weight; the best weights and the artefact are a copy each.
ADAM_BYTES = 8


def bytes_to_write(model: Any) -> int:
    """Bytes of a checkpoint with its best weights, and of the artefact."""
    tuned = lora.tuned_parameters(model).values()
    return sum(p.numel() * (3 * p.element_size() + ADAM_BYTES) for p in tuned)


def put_back(tuned: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    """Copy stored weights into the tuned parameters, in place.

    Raises:
        KeyError: A parameter is not among them.
    """
    with torch.no_grad():
        for name, parameter in tuned.items():
            parameter.copy_(weights[name])


def write(
    folder: Path, model: Any, student: Student, method: Method, source: StudentRef, *, before: Path | None = None
) -> list[str]:
    """Write `adapter/` or `model/` and return the paths of its files, relative to `folder`.

    `before` is the adapter a run on adapters began with: what is written holds both.
    """
    target = folder / ("adapter" if method == "lora" else "model")
    model.save_pretrained(target)
    student.chat.tokenizer.save_pretrained(target)
    if method == "lora":
        if before is not None:
            stack(target, before)
        _name_base(target / "adapter_config.json", source)
        # PEFT's model card is a form with empty lines; the miniature's own card says what there is to say.
        (target / "README.md").unlink(missing_ok=True)
    return sorted(str(file.relative_to(folder)) for file in target.rglob("*") if file.is_file())


def _name_base(path: Path, source: StudentRef) -> None:
    """Name the base by hub id and commit, or by its folder's name: a path of this host means nothing elsewhere."""
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = source.hub_id or Path(str(source.path)).name
    config["revision"] = source.revision
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
