"""Ways to make a run faster without changing what it computes: packed rows, batches made ahead.

It decides which of them a run gets and logs the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from training.engine.context import TrainContext
from training.engine.contracts import TrainError
from training.engine.data.packing import bin_pack
from training.engine.data.prefetch import Prefetcher
from training.engine.data.sft_rows import TokenRow, lengths_of
from training.engine.model.packed_reading import PackedReading, why_not_packed
from training.engine.objectives.sft import RowBatch, Sft
from training.engine.trials import LayoutTrial


@dataclass(frozen=True)
class RowLayout:
    """One way to lay out the rows of a step.

    Attributes:
        objective: Makes batches of rows in this shape.
        passes: Lays a step's batches out to passes.
        reading: Entered while the model reads such batches.
        expect: Told which passes come next, so that their batches are made ahead.
    """

    name: str
    objective: Sft
    passes: Callable[[list[list[Any]]], list[list[Any]]]
    reading: AbstractContextManager[object]
    expect: Callable[[list[list[Any]]], None]


def choose_row_layout(context: TrainContext) -> None:
    """Pack rows and make batches ahead, where the objective and the model allow it; changes `context`.

    On a CPU packed rows are not always the faster ones, so `packing: auto` times the first steps of a long run.

    Raises:
        TrainError: The recipe insists on packing, and the student cannot read packed rows.
    """
    if not isinstance(context.objective, Sft):
        return
    padded = _padded(context, context.objective)
    why_not = "the recipe turns it off" if context.schedule.recipe.packing == "off" else why_not_packed(context.network)
    if why_not and context.schedule.recipe.packing == "on":
        raise TrainError(
            "cannot_pack", f"this student cannot read packed rows: {why_not}", "Set packing to 'auto' or 'off'."
        )
    if why_not:
        _log(context, f"rows are padded, not packed: {why_not}")
        _use(context, padded)
        return
    packed = _packed(context, context.objective)
    _use(context, packed)
    if _is_worth_timing(context):
        layouts = {layout.name: layout for layout in (packed, padded)}
        context.trials.append(
            LayoutTrial(
                (packed.name, padded.name), lambda name: _use(context, layouts[name]), lambda line: _log(context, line)
            )
        )


def _is_worth_timing(context: TrainContext) -> bool:
    # Several processes would have to agree; a GPU has attention that reads packed rows without waste.
    accelerator = context.accelerator
    return (
        context.schedule.recipe.packing == "auto"
        and accelerator.device.type == "cpu"
        and accelerator.num_processes == 1
    )


def _padded(context: TrainContext, objective: Sft) -> RowLayout:
    ahead = _made_ahead(context, objective)
    return RowLayout("padded", replace(objective, ahead=ahead), context.passes, context.reading, ahead.expect)


def _packed(context: TrainContext, objective: Sft) -> RowLayout:
    # Never more memory than the same rows would take padded to the longest.
    budget = context.schedule.recipe.batch_size * max(lengths_of(context.schedule.rows))
    processes = context.accelerator.num_processes
    objective = replace(objective, packs=True)
    ahead = _made_ahead(context, objective)
    return RowLayout(
        "packed",
        replace(objective, ahead=ahead),
        lambda batches: bin_pack([row for batch in batches for row in batch], budget, multiple=processes),
        PackedReading(context.bare),
        ahead.expect,
    )


def _made_ahead(context: TrainContext, objective: Sft) -> Prefetcher[RowBatch]:
    is_pinned = context.accelerator.device.type == "cuda"

    def make(items: Sequence[TokenRow]) -> RowBatch:
        batch = objective.batch(items)
        return batch.pinned() if is_pinned else batch

    return Prefetcher(make)


def _use(context: TrainContext, layout: RowLayout) -> None:
    context.objective, context.passes = layout.objective, layout.passes
    context.reading, context.expect = layout.reading, layout.expect


def _log(context: TrainContext, message: str) -> None:
    context.emit("log", level="info", message=message)
