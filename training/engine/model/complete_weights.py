"""Weights read whole or refused: no parameter is left as it was drawn, and none of the file is left out unseen.

transformers and PEFT draw at random what a file lacks and pass over what they have no place for; both only log it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from training.engine.contracts import TrainError
from training.engine.model.unloaded import LOAD_ERRORS, explain_load_error

if TYPE_CHECKING:
    from torch import Tensor

NAMED: Final = 5
# transformers replaces `tie_weights` and torch's default number format for the whole process while it builds a model.
_BUILDING: Final = threading.Lock()


def load(
    kind: Any,
    folder: str,
    *,
    source: str,
    is_base: bool = False,
    not_needed: Sequence[str] = (),
    **options: Any,
) -> Any:
    """A model with every weight it has, read from safetensors, in evaluation mode.

    Tied weights, and what the architecture declares optional, may be missing from the file or stand in it beside.
    Threads of one process load one after the other: two at once would leave all later models without their ties.

    Args:
        kind: One of transformers' auto classes.
        folder: Where the weights lie, or their hub id.
        source: What to name the model by in a refusal.
        is_base: Whether the model alone is wanted, without a head: one for another purpose may then lie beside it.
        not_needed: Names of parts the caller puts in itself or takes away; these may be missing.
        options: Passed on to `from_pretrained`.

    Raises:
        TrainError: Weights cannot be read, are missing, have no place, or are of another shape; these are named.
    """
    try:
        with _BUILDING:
            model, report = kind.from_pretrained(
                folder,
                use_safetensors=True,
                low_cpu_mem_usage=True,
                ignore_mismatched_sizes=True,  # refused below, by name
                output_loading_info=True,
                **options,
            )
    except LOAD_ERRORS as error:
        raise explain_load_error(source, error) from error
    without_place = report["unexpected_keys"]
    if is_base:
        own = {model.base_model_prefix, *(name for name, _ in model.named_children())}
        without_place = [name for name in without_place if name.partition(".")[0] in own]
    missing = [name for name in report["missing_keys"] if name.partition(".")[0] not in not_needed]
    if problems := _problems(missing, without_place, report["mismatched_keys"]):
        raise TrainError(
            "student_other_weights",
            f"the weights of {source} are not those of the model in its config.json: {problems}",
            "Copy the folder again from where it was made, or correct its config.json. "
            "What is missing would be random.",
        )
    model.train(False)
    return model


def require_adapter(missing: Iterable[str], without_place: Iterable[str], *, name: str) -> None:
    """Refuse an adapter that was not read whole.

    Args:
        missing: Weights its layers want and the file lacks.
        without_place: Weights of the file for layers that the base has not.
        name: Its folder's.

    Raises:
        TrainError: Names them.
    """
    if problems := _problems(missing, without_place, ()):
        raise adapter_of_another_base(f"{name} does not fit this base: {problems}")


def adapter_of_another_base(message: str) -> TrainError:
    """The refusal of an adapter that does not fit."""
    return TrainError(
        "adapter_of_another_base",
        message,
        "Lay the adapter over the student it was tuned on, and take its files as its run wrote them.",
    )


def require_tuned(weights: Mapping[str, Tensor], tuned: Mapping[str, Tensor]) -> None:
    """Refuse stored weights that are not exactly those of a model's tuned parameters.

    Raises:
        TrainError: Names what is missing, has no place, or is of another shape.
    """
    shapes = [
        (name, tuple(weights[name].shape), tuple(parameter.shape))
        for name, parameter in tuned.items()
        if name in weights and weights[name].shape != parameter.shape
    ]
    if problems := _problems(tuned.keys() - weights.keys(), weights.keys() - tuned.keys(), shapes):
        raise TrainError(
            "checkpoint_other_weights",
            f"the stored weights are not those this run tunes: {problems}",
            "Launch the run again from its student.",
        )


def _problems(
    missing: Iterable[str],
    without_place: Iterable[str],
    misshapen: Iterable[tuple[str, Sequence[int], Sequence[int]]],
) -> str:
    shapes = [f"{name} {list(stored)} instead of {list(own)}" for name, stored, own in misshapen]
    kinds = {"missing": sorted(missing), "without a place": sorted(without_place), "of another shape": sorted(shapes)}
    return "; ".join(f"{kind}: {_listed(names)}" for kind, names in kinds.items() if names)


def _listed(names: Collection[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(list(names)[:NAMED]) + more
