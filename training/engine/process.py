"""An engine process from its spec to its exit status: what the `main` of every engine does around its own work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pydantic import ValidationError
from transformers.utils import logging as transformers_logging

from jobs.rundir import EngineError
from jobs.rundir.run import Outcome
from training.engine.contracts import Stopped, TrainError
from web.disk import full_disk

FULL_HINT = "Free some room on the disk of this host's runs, then resume the job."


class Finish(Protocol):
    """Ends an attempt: `RunDir.finish`, or what stands in for it in one of several processes."""

    def __call__(self, outcome: Outcome, *, error: EngineError | None = None) -> None: ...


def run_engine(
    work: Callable[[], int],
    *,
    finish: Finish,
    explain: Callable[[Exception], TrainError | None] = lambda _: None,
) -> int:
    """Do an engine's work, and end the attempt as stopped or failed where it did not end it itself.

    Args:
        work: Reads the spec, does all there is to do, finishes the attempt and returns its exit status.
        explain: Names what an error of another kind than a full disk means; None for one that it does not know, which
            is raised on.

    Returns:
        The process's exit status.
    """
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        return work()
    except Stopped:
        finish("stopped")
        return 0
    except Exception as error:
        failure = _failure(error) or explain(error)
        if failure is None:
            raise
        finish("failed", error=EngineError(code=failure.code, message=failure.message, hint=failure.hint))
        return 1


def _failure(error: Exception) -> TrainError | None:
    if isinstance(error, ValidationError):
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        return TrainError("bad_spec", f"the spec cannot be read: {problems}")
    if isinstance(error, TrainError):
        return error
    if full_disk.is_full(error):
        return TrainError("disk_full", f"the disk filled up: {error}", FULL_HINT)
    return None
