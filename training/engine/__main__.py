"""`python -m training.engine RUN_DIR`: tune one student by one recipe on one dataset file.

Works by hand, under a supervisor and under `accelerate launch`. Here a run begins, and ends as it went.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from transformers.utils import logging as transformers_logging

from jobs.rundir import EngineError, RunDir
from training.engine import disk
from training.engine.context import Stopped
from training.engine.contracts import TrainError, TrainSpec
from training.engine.distributed import device_loss, launch
from training.engine.main import tune
from training.engine.preflight import check
from training.engine.setup import placement_of
from training.recipes import schema


def main(run: RunDir) -> int:
    """Tune, and end the attempt as it went; returns the process's exit status."""
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        spec = TrainSpec.model_validate(run.spec.body)
        if launch.needs_launcher(spec):
            placement = placement_of(spec)
            # What cannot work is told by one process; each of the others reads for itself.
            check(run, spec)
            return launch.launch(run, spec, on_cpu=placement.device.type == "cpu")
        summary, files = tune(run, spec)
    except Stopped:
        _finish(run, "stopped")
        return 0
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        return _fail(run, TrainError("bad_spec", f"the spec cannot be read: {wrong}"))
    except schema.RecipeError as error:
        return _fail(run, TrainError("bad_recipe", str(error), " ".join(p.hint for p in error.problems)))
    except (MemoryError, torch.OutOfMemoryError) as error:
        hint = "Lower batch_size and raise accumulation, or turn on gradient checkpointing."
        return _fail(run, TrainError("out_of_memory", f"memory ran out: {error}", hint))
    except TrainError as error:
        return _fail(run, error)
    except RuntimeError as error:
        if not device_loss.is_device_lost(error):
            raise
        return _fail(run, device_loss.device_lost(error))
    except OSError as error:
        if error.errno not in disk.FULL:
            raise
        return _fail(run, disk.disk_full(f"the disk filled up: {error}"))
    _finish(run, "succeeded", summary.model_dump(), files)
    return 0


def _fail(run: RunDir, error: TrainError) -> int:
    _finish(run, "failed", error=EngineError(code=error.code, message=error.message, hint=error.hint))
    return 1


def _finish(run: RunDir, outcome: Any, summary: Any = None, files: Any = (), error: EngineError | None = None) -> None:
    # Under `accelerate launch` every process has this number, and only the first reports.
    if os.environ.get(launch.RANK, "0") == "0":
        run.finish(outcome, summary=summary, artefacts=files, error=error)
    elif error is not None:
        launch.fail_quietly(run, error)


if __name__ == "__main__":
    sys.exit(main(launch.open_run(Path(sys.argv[1]))))
