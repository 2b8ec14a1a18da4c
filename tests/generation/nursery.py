"""Workers in a hurry: one process that has loaded the product and forks a worker for each name it reads.

`python -m tests.generation.nursery` reads names from its input, and prints the process id of each worker. A worker
looks after jobs as a real one does, without a broker: it reaps, claims and carries until it is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import django

django.setup()

from jobs.lifecycle import reaper  # noqa: E402
from jobs.models import Job  # noqa: E402
from jobs.states import CLAIMABLE  # noqa: E402
from jobs.supervisor import run_job  # noqa: E402


def work(name: str) -> None:
    while os.getppid() != 1:
        reaper.reap()
        for job in Job.objects.filter(state__in=CLAIMABLE).values_list("pk", flat=True):
            run_job(job, worker=name)
        time.sleep(0.05)


def main() -> None:
    # Nobody waits for those that are killed.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(line.strip())
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
