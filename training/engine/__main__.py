"""`python -m training.engine RUN_DIR`: tune one student by one recipe on one dataset file.

Works by hand, under a supervisor and under `accelerate launch`. Here a run begins, and ends as it went.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jobs.rundir import EngineError, RunDir
from jobs.rundir.garbage import end_process, without_garbage_collection
from jobs.rundir.run import Outcome

with without_garbage_collection():
    from training.engine.classifier import main as classifier
    from training.engine.contracts import TrainError, TrainSpec
    from training.engine.distributed import device_loss, hosts, launch
    from training.engine.main import tune
    from training.engine.memory import oom
    from training.engine.preflight import check
    from training.engine.process import run_engine
    from training.engine.setup import placement_of
    from training.recipes import schema


def main(run: RunDir) -> int:
    """Tune, and end the attempt; returns the process's exit status."""
    return run_engine(partial(_train, run), finish=partial(_finish, run), explain=_explain)


def _train(run: RunDir) -> int:
    spec = TrainSpec.model_validate(run.spec.body)
    if launch.needs_launcher(spec):
        placement = placement_of(spec)
        # One process checks what cannot work; each of the others reads for itself.
        check(run, spec)
        return launch.launch(run, spec, on_cpu=placement.device.type == "cpu")
    summary, files = classifier.tune(run, spec) if spec.heads else tune(run, spec)
    _finish(run, "succeeded", summary=summary.model_dump(), artefacts=files)
    return 0


def _explain(error: Exception) -> TrainError | None:
    if isinstance(error, schema.RecipeError):
        return TrainError("bad_recipe", str(error), " ".join(problem.hint for problem in error.problems))
    if oom.is_out_of_memory(error):
        return oom.out_of_memory(f"outside of the steps: {error}")
    # Among hosts a library's error may be the loss of another host: without a result the run is taken up again.
    if device_loss.is_device_lost(error) and not hosts.are_several():
        return device_loss.device_lost(error)
    return None


def _finish(
    run: RunDir,
    outcome: Outcome,
    *,
    summary: dict[str, Any] | None = None,
    artefacts: Sequence[str] = (),
    error: EngineError | None = None,
) -> None:
    # Under `accelerate launch` every process has this number, and only the first reports.
    if os.environ.get(launch.RANK, "0") == "0":
        run.finish(outcome, summary=summary, artefacts=artefacts, error=error)
    elif error is not None:
        launch.fail_quietly(run, error)


if __name__ == "__main__":
    end_process(main(launch.open_run(Path(sys.argv[1]))))
