"""One stage of the drill: `python -m benchmarks.drill NAME [--fault FAULT] [--backends A B C] [--count N]
[--minutes 50] [--dry] [--again]`.

A stage of many rounds may take several runs: each ends after some minutes, and the next goes on where it ended
(`var/drills/NAME.json`). The exit status is 0 if nothing was lost, doubled or stuck.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.drill import faults, network, record
from benchmarks.drill.record import ROOT, Counts

if TYPE_CHECKING:
    from benchmarks.drill.product import Product

KEPT = ROOT / "var" / "drills"
CANNOT = 2
TOOLS = {"ip": "iproute2", "unshare": "util-linux", "redis-server": "redis-server"}
NAMES = (*faults.STAGES, "replicas", "reviewers", "tuning", "workers")


class Drill(Protocol):
    """One stage: a round makes a fault and counts what became of the work."""

    def round(self, number: int) -> Counts: ...


def main() -> int:
    """Run the stage that was asked for, in namespaces of its own."""
    asked = arguments()
    try:
        network.enter(sys.argv[1:], tools=TOOLS)
    except network.CannotDrillError as error:
        print(f"No drill on this machine: {error}", file=sys.stderr)
        return CANNOT
    stage = f"{asked.name}, {asked.fault} alone" if asked.fault else asked.name
    stage += f" on {', '.join(asked.backends)}" if asked.backends else ""
    file = KEPT / f"{stage}.json"
    total = Counts() if asked.again or asked.dry else record.load(file)
    if total.rounds >= asked.count:
        print(f"All {asked.count} rounds are done; --again begins anew.")
        return 0 if total.is_sound else 1
    counts = run(asked, total, file)
    if counts.rounds and not asked.dry:
        record.add_line(stage, counts)
    print(json.dumps(asdict(counts)))
    return 0 if counts.is_sound else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.drill")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--fault", default="", help="make this one of the stage's faults alone, such as kill_engine")
    parser.add_argument(
        "--backends", nargs="+", default=(), help="servers of hosts a, b and c in replicas: own llama vllm"
    )
    parser.add_argument("--count", type=int, default=6, help="rounds, of all runs together")
    parser.add_argument("--minutes", type=float, default=50, help="no round begins after so many")
    parser.add_argument("--again", action="store_true", help="forget earlier runs")
    parser.add_argument("--dry", action="store_true", help="write nothing into docs/ and var/")
    return parser.parse_args()


def run(asked: argparse.Namespace, total: Counts, file: Path) -> Counts:
    """Start everything and make one fault after another, totals in a file; returns what this run counted."""
    from benchmarks.drill.product import Product

    counts = Counts()
    product = Product(backends=asked.backends)
    try:
        product.start()
        # On a busy machine the migrations alone take minutes, in which nothing is drilled.
        until = time.monotonic() + asked.minutes * 60
        drill = drill_named(asked.name, product, asked.fault)
        while total.rounds < asked.count and time.monotonic() < until:
            done = drill.round(total.rounds)
            counts.add(done)
            total.add(done)
            print(f"{asked.name} {total.rounds} of {asked.count}: {asdict(done)}", flush=True)
            if not asked.dry:
                record.save(file, total)
    finally:
        keep_logs(asked.name)
    return counts


def drill_named(name: str, product: Product, fault: str) -> Drill:
    """Make what a stage needs; Django has to be up, which the drills' modules import."""
    from benchmarks.drill.order import OrderDrill
    from benchmarks.drill.replicas import ReplicasDrill
    from benchmarks.drill.reviewers import ReviewersDrill
    from benchmarks.drill.tuning import TuningDrill
    from benchmarks.drill.workers import WorkersDrill

    drills: dict[str, Callable[[Product], Drill]] = {
        "replicas": ReplicasDrill,
        "reviewers": ReviewersDrill,
        "tuning": TuningDrill,
        "workers": WorkersDrill,
    }
    drill = drills[name](product) if name in drills else OrderDrill(product, faults.STAGES[name])
    if fault:
        known = {each.__name__: each for each in getattr(drill, "faults", ())}
        if fault not in known:
            raise SystemExit(f"The stage {name} has no fault {fault}; it has {', '.join(known) or 'one alone'}.")
        drill.faults = (known[fault],)  # type: ignore[attr-defined]
    return drill


def keep_logs(name: str) -> None:
    """Copy what the processes said out of the folder that vanishes with them."""
    folder = KEPT / f"{name}-logs"
    folder.mkdir(parents=True, exist_ok=True)
    for log in network.FOLDER.glob("*.log"):
        shutil.copy(log, folder)


if __name__ == "__main__":
    sys.exit(main())
