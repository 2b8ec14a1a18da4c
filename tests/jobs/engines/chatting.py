"""A tiny engine that goes on reporting while it waits to be heard, faster than it is listened to.

Gives up after a minute.
"""

from __future__ import annotations

import sys
import time

from jobs.rundir import RunDir


def main() -> None:
    run = RunDir.open(sys.argv[1])
    asked = run.emit("metric", step=0)
    run.request_ack(asked)
    until = time.monotonic() + 60
    while (is_heard := (run.heard or 0) >= asked) is False and time.monotonic() < until:
        run.emit("metric", step=1)
        time.sleep(0.001)
    run.finish("succeeded", {"is_heard": is_heard})


if __name__ == "__main__":
    main()
