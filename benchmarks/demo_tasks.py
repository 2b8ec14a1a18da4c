"""How well the demo's small student, or its encoder, learns a task whose right answers are known.

    python -m benchmarks.demo_tasks reply-sorting [--student demo-encoder] [--recipe demo-encoder] [--set epochs=8 ...]

Loads that task alone, freezes its golds, tunes the student, and has base, miniature and teacher answer every held-out
record. Prints by system how many answers are right, whole and by field, beside the baselines that cost nothing. The last
line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

from benchmarks import demo
from demo.scratch import prepare

RIGHT = "right_"


def main(slug: str, student: str, recipe: str, overrides: dict[str, Any]) -> None:
    """Measure, and print the figures."""
    prepare()
    load_s = load(slug)
    version = demo.frozen(slug)
    print(f"loaded in {load_s:.0f} s; rows by split: {version.counts['splits']}")
    run = demo.tuned(version, recipe or student, overrides, slug=student)
    print(f"{run.name}: {run.summary['steps']} steps in {demo.seconds(run.job):.0f} s")
    systems = demo.evaluated(run).summary["systems"]
    right = {name: scores(system) for name, system in systems.items()}
    for name, shares in right.items():
        print(f"{name:>32}: " + ", ".join(f"{field} {share:.0%}" for field, share in shares.items()))
    figures = {"right": right, "run_s": round(demo.seconds(run.job), 1), "load_s": round(load_s, 1)}
    print(json.dumps({**figures, "load_average": os.getloadavg()[0]}))


def load(slug: str) -> float:
    """Load the students and the one task; returns the seconds that the task took."""
    from demo.data import label_tasks
    from demo.data.tasks import TASKS
    from members.models import Member
    from training.students import registration

    registration.register_demo()
    registration.register_demo_encoder()
    admin = Member.objects.create(username="demo", is_superuser=True, is_staff=True)
    began = time.perf_counter()
    label_tasks.load_task(next(task for task in TASKS if task.slug == slug), by=admin)
    return time.perf_counter() - began


def scores(system: dict[str, Any]) -> dict[str, float]:
    """Shares of right answers of one system: all values, and each field."""
    names = [name for name in system if name == "exact" or name.startswith(RIGHT)]
    return {name.removeprefix(RIGHT): float(system[name]["mean"]) for name in names}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slug")
    parser.add_argument("--student", default="demo", choices=("demo", "demo-encoder"))
    parser.add_argument("--recipe", default="", help="the student's own where none is named")
    parser.add_argument("--set", nargs="*", type=demo.read_value, default=[], help="recipe fields, as name=JSON")
    chosen = parser.parse_args()
    main(chosen.slug, chosen.student, chosen.recipe, dict(chosen.set))
