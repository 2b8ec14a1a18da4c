"""Conclusion of an attempt whose engine ended: read the result, check and collect its files, write the state."""

from __future__ import annotations

import logging

from jobs.contracts import EngineError, Result
from jobs.kinds.base import JobKind
from jobs.lifecycle import end
from jobs.lifecycle.claim import AttemptLost
from jobs.models import Job
from jobs.rundir.attempt import BrokenResult, log_tail, read_result, verify
from jobs.states import JobState
from jobs.supervisor.engine_process import EngineProcess
from web.disk import full_disk
from web.errors import Refusal

logger = logging.getLogger(__name__)
LOG_BYTES = 2000


def finalise(job: Job, kind: JobKind, engine: EngineProcess, *, fence: int, let_go_for: str = "") -> None:
    """Write how the attempt ended, its events being stored already.

    Args:
        kind: Collects the artefacts, outside any transaction.
        engine: The process, ended.
        fence: What the caller holds.
        let_go_for: Why the worker made the engine stop, if not for a fault: the job continues later.

    Raises:
        AttemptLost: The fence has passed on.
    """
    try:
        result = read_result(engine.run_dir)
        if result is not None and result.outcome == "succeeded":
            verify(engine.run_dir, result)
    except BrokenResult as error:
        end.fail(job.pk, fence, error=EngineError(code="broken_result", message=str(error), hint=_log(engine)))
        return
    if result is None or result.outcome == "stopped":
        _without_success(job, engine, result, fence=fence, let_go_for=let_go_for)
    elif result.outcome == "failed":
        said = result.error or EngineError(code="failed", message="The engine failed without saying why.")
        end.fail(job.pk, fence, error=said, result=result)
    else:
        _succeed(job, kind, engine, result, fence=fence)


def _without_success(job: Job, engine: EngineProcess, result: Result | None, *, fence: int, let_go_for: str) -> None:
    if let_go_for and job.state == JobState.RUNNING:
        end.release(job.pk, fence, engine_lives=False, reason=let_go_for)
    elif result is None:
        error = EngineError(code="crashed", message=engine.last_words(), hint=_log(engine))
        end.crashed(job.pk, fence, error=error)
    elif job.state == JobState.RUNNING:
        engine_error = EngineError(
            code="stopped_itself", message="The engine stopped by itself: its lease had grown stale."
        )
        end.crashed(job.pk, fence, error=engine_error)
    else:
        end.stopped(job.pk, fence)


def _succeed(job: Job, kind: JobKind, engine: EngineProcess, result: Result, *, fence: int) -> None:
    try:
        collected = kind.collect(job, result, engine.run_dir)
    except Exception as error:
        logger.exception("Could not collect what job %s made.", job.pk)
        if isinstance(error, Refusal):
            said = EngineError(code=error.code, message=error.message, hint=error.hint)
        else:
            said = EngineError(code="collect_failed", message=f"Its results could not be stored: {error}")
        if isinstance(error, Refusal) and error.code != full_disk.CODE:
            end.fail(job.pk, fence, error=said)
        else:
            # The result stands; the next claim takes it up where this one failed.
            end.crashed(job.pk, fence, error=said, keeps_result=True)
        return
    try:
        end.succeed(job.pk, fence, result=result, collected=collected)
    except AttemptLost:
        raise
    except Exception as error:
        logger.exception("The kind %s could not consume the end of job %s.", kind.name, job.pk)
        engine_error = EngineError(code="finish_failed", message=f"Its results could not be taken over: {error}")
        end.fail(job.pk, fence, error=engine_error)


def _log(engine: EngineProcess) -> str:
    return f"End of its log:\n{tail}" if (tail := log_tail(engine.run_dir, LOG_BYTES)) else "Its log is empty."
