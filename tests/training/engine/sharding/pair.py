"""Two processes that do one order after another: reading torch and meeting takes longer than a tiny run.

An order is a file `N.order`, JSON: `run`, a run directory to tune in as under `accelerate launch` by hand, or `part`, a
folder to tell in what each process holds. Each process writes how it ended to `N.RANK`. An empty order ends them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import count
from pathlib import Path

from tests.training.engine.sharding import part
from training.engine import __main__ as engine
from training.engine.distributed import launch


def main(orders: Path) -> None:
    """Do what is ordered until nothing is."""
    for number in count():
        order = awaited(orders / f"{number}.order")
        if not order:
            return
        status = 0
        if "run" in order:
            status = engine.main(launch.open_run(Path(order["run"])))
        else:
            part.tell(Path(order["part"]))
        (orders / f"{number}.{os.environ['RANK']}").write_text(str(status))


def awaited(path: Path) -> dict[str, str]:
    """An order, when it has been given."""
    while not path.exists():
        time.sleep(0.02)
    return dict(json.loads(path.read_text()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
