"""Two processes that are started once and tune in many run directories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ORDER_TIMEOUT_S = 120
Order = Callable[..., list[int]]


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Order]:
    """Have two processes do something (see `pair.py`), and wait; the exit status of each."""
    folder = tmp_path_factory.mktemp("pair")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
               "-m", "tests.training.engine.sharding.pair", str(folder)]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (folder / "log").open("wb") as log:
        processes = subprocess.Popen(["nice", "-n", "5", *command], env=environment, stdout=log, stderr=log)
    given = 0

    def order(**what: Any) -> list[int]:
        nonlocal given
        give(folder / f"{given}.order", {name: str(path) for name, path in what.items()})
        ends = [folder / f"{given}.{rank}" for rank in (0, 1)]
        given += 1
        deadline = time.monotonic() + ORDER_TIMEOUT_S
        while not all(end.exists() and end.read_text() for end in ends):
            assert processes.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()[-3000:]
            time.sleep(0.02)
        return [int(end.read_text()) for end in ends]

    yield order
    give(folder / f"{given}.order", {})
    try:
        processes.wait(20)
    except subprocess.TimeoutExpired:
        processes.kill()


def give(path: Path, order: dict[str, str]) -> None:
    """Write an order so that nobody reads half of it."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(order))
    draft.replace(path)
