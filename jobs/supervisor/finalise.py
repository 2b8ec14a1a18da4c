"""Conclusion of an attempt whose engine ended: read the result, check and collect its files, write the state."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError

from jobs.contracts import EngineError, Result
from jobs.kinds.base import JobKind
from jobs.lifecycle import end, parts
from jobs.lifecycle.claim import AttemptLost
from jobs.models import Job
from jobs.rundir.attempt import BrokenResult, log_tail, read_result, verify
from jobs.rundir.lease import boot_clock_s
from jobs.states import JobState
from jobs.supervisor.engine_process import EngineProcess
from jobs.supervisor.shutdown import SHUTDOWN
from web.disk import full_disk
from web.errors import Refusal

logger = logging.getLogger(__name__)
LOG_BYTES = 2000
PARTS_LOOK_S = 0.5


def finalise(
    job: Job, kind: JobKind, engine: EngineProcess, *, fence: int, let_go_for: str = "", crash: str = ""
) -> None:
    """Write how the attempt ended, its events being stored already.

    Args:
        kind: Collects the artefacts, outside any transaction.
        engine: The process, ended.
        fence: What the caller holds.
        let_go_for: Why the worker made the engine stop, if not for a fault: the job continues later.
        crash: Why the engine has no result, where the caller knows.

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
        _without_success(job, engine, result, fence=fence, let_go_for=let_go_for, crash=crash)
    elif result.outcome == "failed":
        failure = result.error or EngineError(code="failed", message="The engine failed without saying why.")
        end.fail(job.pk, fence, error=failure, result=result)
    else:
        _succeed(job, kind, engine, result, fence=fence)


def _without_success(
    job: Job, engine: EngineProcess, result: Result | None, *, fence: int, let_go_for: str, crash: str
) -> None:
    if let_go_for and job.state == JobState.RUNNING:
        end.release(job.pk, fence, engine_lives=False, reason=let_go_for)
    elif result is None and job.state == JobState.RUNNING and (explained := _explained_by_parts(job)):
        end.fail(job.pk, fence, error=explained)
    elif result is None:
        error = EngineError(code="crashed", message=crash or engine.last_words(), hint=_log(engine))
        end.crashed(job.pk, fence, error=error)
    elif job.state == JobState.RUNNING:
        engine_error = EngineError(
            code="stopped_itself", message="The engine stopped by itself: its lease had grown stale."
        )
        end.crashed(job.pk, fence, error=engine_error)
    else:
        end.stopped(job.pk, fence)


def _explained_by_parts(job: Job) -> EngineError | None:
    """Return what a part on another host knows of an engine's end.

    Waits until all have ended, which they do with it.
    """
    parts.disband(job)
    until_s = boot_clock_s() + settings.JOB_STOP_GRACE_S + settings.JOB_LEASE_S
    while not parts.are_ended(job) and boot_clock_s() < until_s:
        if SHUTDOWN.wait(PARTS_LOOK_S):
            break
    return parts.explained_end(job)


def _succeed(job: Job, kind: JobKind, engine: EngineProcess, result: Result, *, fence: int) -> None:
    try:
        collected = kind.collect(job, result, engine.run_dir)
    except Exception as error:
        logger.exception("Could not collect what job %s made.", job.pk)
        if isinstance(error, Refusal):
            failure = EngineError(code=error.code, message=error.message, hint=error.hint)
        else:
            failure = EngineError(code="collect_failed", message=f"Its results could not be stored: {error}")
        if isinstance(error, Refusal) and error.code != full_disk.CODE:
            end.fail(job.pk, fence, error=failure)
        else:
            # The result stands; the next claim takes it up where this one failed.
            end.crashed(job.pk, fence, error=failure, keeps_result=True)
        return
    try:
        end.succeed(job.pk, fence, result=result, collected=collected)
    except AttemptLost:
        raise
    except (OperationalError, InterfaceError) as error:
        logger.exception("The database did not take the end of job %s.", job.pk)
        engine_error = EngineError(code="database_away", message=f"The database did not answer: {error}")
        # It may answer the next claim; the result stands until then.
        end.crashed(job.pk, fence, error=engine_error, keeps_result=True)
    except Exception as error:
        logger.exception("The kind %s could not consume the end of job %s.", kind.name, job.pk)
        engine_error = EngineError(code="finish_failed", message=f"Its results could not be taken over: {error}")
        end.fail(job.pk, fence, error=engine_error)


def _log(engine: EngineProcess) -> str:
    return f"End of its log:\n{tail}" if (tail := log_tail(engine.run_dir, LOG_BYTES)) else "Its log is empty."
