"""Work beside the socket that raises ends the engine, so that it is started again and does not wait for ever."""

from __future__ import annotations

import asyncio

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from serving.engine.__main__ import answer_until_stopped
from serving.engine.contracts import ServingSpec

WITHIN_S = 60


class Nothing:
    """An application that knows no model."""

    async def __call__(self, scope, receive, send):
        raise NotImplementedError

    def state(self):
        return {"models": []}


def serve(folder, work):
    """Serve in a run directory with this work beside the socket, until it ends or a stop is asked for."""
    folder.mkdir(exist_ok=True)
    body = {"socket": str(folder / "s"), "models": []}
    write_spec(folder, SpecEnvelope(job="1", kind="serving", fence=1, lease_s=60, body=body))
    run = RunDir.open(folder)
    spec = ServingSpec.model_validate(body)
    serving = answer_until_stopped(run, spec, Nothing(), [work()], stop=lambda: None)
    asyncio.run(asyncio.wait_for(serving, WITHIN_S))


@pytest.mark.engine
def test_work_that_raises_ends_the_engine(short_folder):
    async def work():
        raise RuntimeError("the scheduler is broken")

    with pytest.raises(RuntimeError, match="the scheduler is broken"):
        serve(short_folder / "broken", work)
