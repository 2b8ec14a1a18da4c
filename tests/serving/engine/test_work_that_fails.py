"""Work beside the socket that raises ends the engine, so that it is started again and does not wait for ever."""

from __future__ import annotations

import asyncio
import shutil
from types import SimpleNamespace

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from serving.engine.__main__ import _warm, answer_until_stopped
from serving.engine.contracts import ServingSpec
from tests.serving import tiny

WITHIN_S = 60


class Nothing:
    """An application that knows no model."""

    async def __call__(self, scope, receive, send):
        raise NotImplementedError

    def state(self):
        return {"models": []}


def serve_in(folder, work):
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
        serve_in(short_folder / "broken", work)


@pytest.mark.engine
def test_a_model_with_damaged_weights_ends_nothing_while_models_are_made_ready(serve, zoo, tmp_path):
    shutil.copytree(zoo.full, tmp_path / "damaged")
    (tmp_path / "damaged" / "model.safetensors").write_bytes(b"no weights")
    told = []

    async def work(scheduler):
        await _warm(SimpleNamespace(emit=lambda kind, **values: told.append(values)), scheduler.shelf)
        return [name for name in scheduler.shelf.known if scheduler.shelf.is_loaded(name)]

    loaded = serve(work, entries=[tiny.full_entry("damaged", tmp_path / "damaged"), zoo.entries[2]])

    assert loaded == ["full"]
    assert "damaged" in told[0]["message"]
