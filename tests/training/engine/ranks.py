"""Two processes of one run, as `torchrun` starts them but without its half a minute of imports.

What `torchrun` itself and `accelerate launch` do is shown where the engine starts them, in `launching`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch.distributed import TCPStore

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
