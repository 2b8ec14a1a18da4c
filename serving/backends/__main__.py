"""`python -m serving.backends RUN_DIR`: our own wire in front of the backend the spec names, until told to stop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from jobs.rundir import RunDir
from jobs.rundir.garbage import end_process, without_garbage_collection

with without_garbage_collection():
    import torch

    from serving.backends.contracts import Backend, RelaySpec
    from serving.backends.llama.backend import LlamaBackend
    from serving.backends.relay import Relay
    from serving.backends.url.backend import UrlBackend
    from serving.backends.vllm.backend import VllmBackend
    from serving.engine import __main__ as engine
    from serving.engine.server import App

# What makes each backend: of the run directory, for its secrets and its folder, and the spec.
BACKENDS: dict[str, Callable[[RunDir, RelaySpec], Backend]] = {
    "llama": LlamaBackend,
    "vllm": VllmBackend,
    "url": UrlBackend,
}


def main(run: RunDir) -> int:
    """Serve, and end the attempt; returns the process's exit status."""
    spec = RelaySpec.model_validate(run.spec.body)
    if spec.backend == "own":
        return engine.run_serving(run, lambda: engine.serve(run, spec))
    return engine.run_serving(run, lambda: relay(run, spec))


async def relay(run: RunDir, spec: RelaySpec) -> None:
    """Serve by a backend, and by our own engine what that cannot; returns once asked to stop, within a few seconds."""
    backend = BACKENDS[spec.backend](run, spec)
    own = engine.open_scheduler(run, spec)
    front = Relay(backend, own, max_batch=spec.max_batch, max_waiting=spec.max_waiting)
    await backend.start()
    try:
        await front.know(spec.models)
        await engine.answer_until_stopped(run, spec, App(front, front.state), [own.run()], stop=front.stop)
    finally:
        await backend.stop()
        own.compute.shutdown(wait=False, cancel_futures=True)


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
