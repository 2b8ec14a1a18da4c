"""Two processes that are started once and tune in many run directories."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests import left_out

with left_out.where_torch_is():
    from tests.training.engine import ranks

ORDER_TIMEOUT_S = 120
Order = Callable[..., list[int]]


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Order]:
    """Have two processes do something (see `pair.py`), and wait; the exit status of each."""
    folder = tmp_path_factory.mktemp("pair")
    log, given = folder / "log", 0
    with ranks.two("tests.training.engine.sharding.pair", folder, log=log) as processes:

        def order(**what: Any) -> list[int]:
            nonlocal given
            give(folder / f"{given}.order", {name: str(path) for name, path in what.items()})
            ends = [folder / f"{given}.{rank}" for rank in (0, 1)]
            given += 1
            deadline = time.monotonic() + ORDER_TIMEOUT_S
            while not all(end.exists() and end.read_text() for end in ends):
                assert all(process.poll() is None for process in processes), ranks.logs(log)
                assert time.monotonic() < deadline, ranks.logs(log)
                time.sleep(0.02)
            return [int(end.read_text()) for end in ends]

        yield order
        give(folder / f"{given}.order", {})
        with suppress(subprocess.TimeoutExpired):
            for process in processes:
                process.wait(20)


def give(path: Path, order: dict[str, str]) -> None:
    """Write an order so that nobody reads half of it."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(order))
    draft.replace(path)
