"""Claim: a decision answers with the next card in under 50 ms, and no slower on a desk of a million drafts than of 1,000.

`python -m benchmarks.desk [--database postgres] [--drafts 1000 10000 100000] [--reviewers 20] [--every-s 2]`. For each
size a desk is laid out in a database of its own and served by uvicorn; reviewers judge side by side, each one decision
every so many seconds, or without a pause when that is 0. Measured is what a browser waits for: the POST of a decision
until its reply, with the next card drawn as HTML. The last line of output is one JSON object; `ratio` is the median on
the largest desk over that on the smallest.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks.desk import reviewers, served

WARM_UP_S = 4.0


def main() -> None:
    asked = argparse.ArgumentParser(prog="benchmarks.desk")
    asked.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    asked.add_argument("--drafts", type=int, nargs="+", default=[1_000, 10_000])
    asked.add_argument("--reviewers", type=int, default=20)
    asked.add_argument("--every-s", type=float, default=2.0)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--processes", type=int, default=2)
    args = asked.parse_args()
    report = {}
    for drafts in args.drafts:
        report[str(drafts)] = measured(drafts, args)
        print(drafts, report[str(drafts)], file=sys.stderr, flush=True)
    medians = [found["median_ms"] for found in report.values()]
    print(json.dumps({"claim": "desk", "ratio": round(medians[-1] / medians[0], 3), **vars(args), "by_drafts": report}))


def measured(drafts: int, args: argparse.Namespace) -> dict[str, Any]:
    """One desk: a warm-up, then a sitting."""
    with served.desk(drafts, database=args.database, reviewers=args.reviewers, processes=args.processes) as desk:
        people = [reviewers.Reviewer(desk.port, desk.task, session) for session in desk.sessions]
        reviewers.sit(people, seconds=WARM_UP_S)
        before = desk.cpu_s()
        sitting = reviewers.sit(people, seconds=args.seconds, every_s=args.every_s)
        used = [after - earlier for after, earlier in zip(desk.cpu_s(), before, strict=True)]
        cpu_ms = [round(seconds / max(1, len(sitting.times_s)) * 1000, 1) for seconds in used]
        return {**sitting.summary(), "cpu_ms_per_decision": cpu_ms, "statements": desk.statements}


if __name__ == "__main__":
    main()
