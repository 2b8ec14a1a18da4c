"""How much of a study's time passes outside its engines: cells launched, data laid out, results taken in, the verdict.

    python -m benchmarks.study_cells [--sizes 10 20 40 80 160] [--seeds 4]

Loads the demo, freezes its golds and lets the product do a study of *how many samples* on the demo student, one job after
another, with its real engines. An engine's time is what passed between its run directory's spec and its result. Prints,
for each kind of job, how many there were, their seconds, and the seconds of their engines. The last line is one JSON
object; `ratio` is the part of the whole that passed outside engines.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.demo import frozen, load
from demo.scratch import prepare

if TYPE_CHECKING:
    from jobs.models import Job


def main(sizes: tuple[int, ...], seeds: int) -> None:
    """Measure, and print the figures."""
    prepare()
    load()
    version = frozen()
    from demo.recordings import study
    from evaluation.studies.design import StudyRequest
    from training.models import Student

    wishes = StudyRequest(kind="samples", sizes=sizes, seeds=tuple(range(1, seeds + 1)), epochs=1)
    began, at = time.perf_counter(), time.time()
    study.do_live(version, Student.objects.get(slug="demo"), by=version.created_by, wishes=wishes)
    whole = time.perf_counter() - began
    by_kind = of_jobs(at)
    for kind, row in by_kind.items():
        print(
            f"{kind}: {row['jobs']:.0f} jobs, {row['s']:.1f} s from start to end, {row['engines_s']:.1f} s in engines"
        )
    engines = sum(row["engines_s"] for row in by_kind.values())
    print(json.dumps({
        "ratio": round(1 - engines / whole, 4),
        "cells": len(sizes) * seeds,
        "whole_s": round(whole, 1),
        "engines_s": round(engines, 1),
    }))  # fmt: skip


def of_jobs(at: float) -> dict[str, dict[str, float]]:
    """By kind: how many jobs, their seconds, and the seconds of their engines."""
    from jobs.models import Job

    found: dict[str, dict[str, float]] = defaultdict(lambda: {"jobs": 0, "s": 0.0, "engines_s": 0.0})
    for job in Job.objects.filter(started_at__isnull=False).order_by("created_at"):
        if job.started_at.timestamp() >= at:
            row = found[job.kind]
            row["jobs"] += 1
            row["s"] += (job.finished_at - job.started_at).total_seconds()
            row["engines_s"] += engine_seconds(job)
    return found


def engine_seconds(job: Job) -> float:
    """From the first spec of each attempt to its result; 0 for a job without an engine."""
    from django.conf import settings

    from jobs.rundir.attempt import RESULT, SPEC

    attempts = [path for path in (Path(settings.RUNS_DIR) / str(job.pk)).glob("*") if (path / RESULT).is_file()]
    return sum((path / RESULT).stat().st_mtime - (path / SPEC).stat().st_mtime for path in attempts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 20, 40, 80, 160])
    parser.add_argument("--seeds", type=int, default=4)
    asked = parser.parse_args()
    main(tuple(asked.sizes), asked.seeds)
