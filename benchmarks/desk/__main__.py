"""Claim: a decision answers with the next card in under 50 ms,
and no slower on a desk of a million drafts than of 1,000.

`python -m benchmarks.desk [--database postgres] [--drafts 1000 10000 100000] [--reviewers 20] [--every-s 2]`. For each
size a desk is laid out in a database of its own and served by uvicorn; reviewers judge side by side, each one decision
every so many seconds, or without a pause when that is 0. A sitting of more than ten minutes tells the memory of the web
processes after ten minutes and at its end (`--seconds 3600`). Measured is what a browser waits for: the POST of a
decision until its reply, with the next card drawn as HTML. The last line of output is one JSON object; `ratio` is the
median on the largest desk over that on the smallest.

With `--label-studio VENV` Label Studio stands beside it in the same run: the same number of drafts, texts of the same
length, annotators without a pause, PostgreSQL for both, turn and turn about. Then `ratio` is our decisions a second
over its own (asking for the next draft and submitting a verdict on it), medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import label_studio
from benchmarks.desk import reviewers, served
from benchmarks.desk.reviewers import Judge

# A warm-up ends after so long, or after so much of the desk.
WARM_UP_S, WARM_UP_SHARE = 4.0, 0.25
# How often memory is read, and after how long it should grow no more.
SAMPLED_EVERY_S, SETTLED_S = 20.0, 600.0
IMPORT_AT_ONCE = 10_000


def main() -> None:
    asked = argparse.ArgumentParser(prog="benchmarks.desk")
    asked.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    asked.add_argument("--drafts", type=int, nargs="+", default=[1_000, 10_000])
    asked.add_argument("--reviewers", type=int, default=20)
    asked.add_argument("--every-s", type=float, default=2.0)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--label-studio", type=Path, metavar="VENV")
    args = asked.parse_args()
    report = side_by_side(args) if args.label_studio else by_size(args)
    print(json.dumps({"claim": "desk", **report}))


def by_size(args: argparse.Namespace) -> dict[str, Any]:
    """One desk after the other, each larger than the one before."""
    report = {}
    for drafts in args.drafts:
        with served.desk(drafts, database=args.database, reviewers=args.reviewers, processes=args.processes) as desk:
            found = sitting(people_at(desk), args.seconds, args.every_s, desk)
        report[str(drafts)] = {**found, "statements": desk.statements}
        print(drafts, report[str(drafts)], file=sys.stderr, flush=True)
    medians = [found["median_ms"] for found in report.values()]
    how = {name: getattr(args, name) for name in ("database", "reviewers", "every_s", "seconds", "processes")}
    return {"ratio": round(medians[-1] / medians[0], 3), **how, "by_drafts": report}


def side_by_side(args: argparse.Namespace) -> dict[str, Any]:
    """Label Studio and this desk, turn and turn about."""
    drafts, count = args.drafts[-1], args.reviewers
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    with (
        served.desk(drafts, database="postgres", reviewers=count, processes=args.processes) as desk,
        label_studio.served(args.label_studio) as peer,
    ):
        annotators = [label_studio.Annotator(peer.port, f"annotator{number}") for number in range(count)]
        project, import_s = annotators[0].make_project(bodies(drafts))
        people: list[Judge] = [lambda one=one: one.judge(project) for one in annotators]  # type: ignore[misc]
        at_desk = people_at(desk)
        peer_desk = served.Desk(drafts, peer.port, "", [], 0, peer.pids)
        for _ in range(args.rounds):
            theirs.append(sitting(people, args.seconds, 0.0, peer_desk))
            ours.append(sitting(at_desk, args.seconds, 0.0, desk))
            print("theirs", theirs[-1], "ours", ours[-1], file=sys.stderr, flush=True)
    rate = statistics.median(round_["per_s"] for round_ in ours)
    peer_rate = statistics.median(round_["per_s"] for round_ in theirs)
    return {"ratio": round(rate / peer_rate, 1), "drafts": drafts, "annotators": count, "ours": ours,
            "label_studio": theirs, "label_studio_import_rows_per_s": round(drafts / import_s)}  # fmt: skip


def people_at(desk: served.Desk) -> list[Judge]:
    """The reviewers of a desk, signed in."""
    return [reviewers.Reviewer(desk.port, desk.task, session) for session in desk.sessions]


def sitting(people: Sequence[Judge], seconds: float, every_s: float, desk: served.Desk) -> dict[str, Any]:
    """A warm-up, then what is measured, with the CPU time of server and database for one decision,
    and how memory grows.
    """
    reviewers.sit(people, seconds=WARM_UP_S, decisions=max(1, int(desk.drafts * WARM_UP_SHARE / len(people))))
    before, memory = desk.cpu_s(), list[float]()
    with sampled(desk.memory_mib, memory, every_s=SAMPLED_EVERY_S):
        found = reviewers.sit(people, seconds=seconds, every_s=every_s)
    used = [after - earlier for after, earlier in zip(desk.cpu_s(), before, strict=True)]
    cpu_ms = [round(one / max(1, len(found.times_s)) * 1000, 1) for one in used]
    return {**found.summary(), "cpu_ms_per_decision": cpu_ms, **growth(memory)}


@contextmanager
def sampled(read: Callable[[], float], into: list[float], *, every_s: float) -> Iterator[None]:
    """Note a figure now and then while the block runs, and once at its end."""
    is_over = threading.Event()

    def note() -> None:
        while not is_over.wait(every_s):
            into.append(read())

    thread = threading.Thread(target=note)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
    into.append(read())


def growth(memory: Sequence[float]) -> dict[str, Any]:
    """Memory after ten minutes and in the last minute, the median of three samples each;
    nothing of shorter sittings.
    """
    at = int(SETTLED_S / SAMPLED_EVERY_S)
    if len(memory) < at + 4:
        return {}
    settled, end = statistics.median(memory[at - 1 : at + 2]), statistics.median(memory[-3:])
    return {"memory_mib": [round(settled, 1), round(end, 1)], "memory_growth": round(end / settled - 1, 4)}


def bodies(drafts: int) -> list[bytes]:
    """The drafts as Label Studio imports them."""
    found = []
    for start in range(0, drafts, IMPORT_AT_ONCE):
        rows = [
            {"data": {"text": text(number), "facts": {"company": f"Works {number}", "size": number % 900}}}
            for number in range(start, min(drafts, start + IMPORT_AT_ONCE))
        ]
        found.append(json.dumps(rows).encode())
    return found


def text(number: int) -> str:
    """A draft of some 700 characters, as long as ours."""
    return f"Subject: A question about Works {number}\n\n" + "I read that your works opened a second depot. " * 14


if __name__ == "__main__":
    main()
