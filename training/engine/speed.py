"""What makes a run faster without changing what it computes: packed rows, batches made ahead.

It decides which of them a run gets and says so; each of them is a package of its own. It does not know students' folders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from training.engine.ahead import Ahead
from training.engine.contracts import TrainError
from training.engine.data import Batch, Row, lengths_of
from training.engine.objectives.sft import Sft
from training.engine.packing.lines import Line, fit
from training.engine.packing.model import PackedReading, can_pack
from training.engine.tuning import Tuning


def speed_up(tuning: Tuning) -> None:
    """Pack rows and make batches ahead, where the objective and the model allow it; changes `tuning`.

    Raises:
        TrainError: The recipe insists on packing, and the student cannot read packed rows.
    """
    if not isinstance(tuning.objective, Sft):
        return
    objective = _packing(tuning, tuning.objective)
    is_pinned = tuning.accelerator.device.type == "cuda"

    def make(items: Sequence[Row]) -> Batch | Line:
        batch = objective.batch(items)
        return batch.pinned() if is_pinned else batch

    ahead = Ahead(make)
    tuning.objective, tuning.expect = replace(objective, ahead=ahead), ahead.expect


def _packing(tuning: Tuning, objective: Sft) -> Sft:
    recipe = tuning.course.recipe
    why_not = "the recipe turns it off" if recipe.packing == "off" else can_pack(tuning.network)
    if why_not and recipe.packing == "on":
        raise TrainError("cannot_pack", f"this student cannot read packed rows: {why_not}",
                         "Set packing to 'auto' or 'off'.")  # fmt: skip
    if why_not:
        tuning.emit("log", level="info", message=f"rows are padded, not packed: {why_not}")
        return objective
    # Never more memory than the same rows would take padded to the longest.
    budget = recipe.batch_size * max(lengths_of(tuning.course.rows))
    processes = tuning.accelerator.num_processes
    tuning.reading = PackedReading(tuning.bare)
    tuning.passes = lambda batches: fit([row for batch in batches for row in batch], budget, multiple=processes)
    return replace(objective, packs=True)
