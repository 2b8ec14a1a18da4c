"""Two processes of one run, as `torchrun` starts them but without its half a minute of imports.

What `torchrun` itself and `accelerate launch` do is shown where the engine starts them, in `launching`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch.distributed import TCPStore

from jobs.rundir.attempt import RESULT
from tests.nursery import Child, nursery


@contextmanager
def two(module: str, *args: object, log: Path, **env: str) -> Iterator[list[Child]]:
    """The processes by rank, which find each other; whoever still runs at the end is killed."""
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port), "TORCHELASTIC_USE_AGENT_STORE": "True"}
    env |= {**meeting, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    children = [
        nursery().start(
            module, *args, log=log.with_name(f"{log.name}.{rank}"), nice=5, RANK=rank, LOCAL_RANK=rank, **env
        )
        for rank in ("0", "1")
    ]
    try:
        yield children
    finally:
        for child in children:
            child.kill()


def logs(log: Path) -> str:
    """The end of what the processes said."""
    return "\n".join(log.with_name(f"{log.name}.{rank}").read_text()[-3000:] for rank in (0, 1))


def wait_for_step(run_dir: Path, step: int) -> None:
    """Wait until a run has told of a loss at this step or a later one."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        path = run_dir / "events.jsonl"
        text = path.read_text() if path.exists() else ""
        told = [json.loads(line)["payload"] for line in text.splitlines() if line.endswith("}")]
        if any(e.get("step", 0) >= step and "loss" in e for e in told):
            return
        assert not (run_dir / RESULT).exists(), (run_dir / RESULT).read_text()
        time.sleep(0.01)
    said = "\n".join(log.read_text()[-3000:] for log in sorted(run_dir.glob("engine.log*")))
    raise AssertionError(f"step {step} was not reached: {said}")
