"""Claim: the served product lets nobody through who must not be, answers nothing with a fault, and slow sockets slow nobody else.

`python -m benchmarks.fire [--stage routes|cases|bodies|sockets] [--cases 10000] [--bodies 1000] [--sockets 200] [--seed 1]
[--only NUMBER] [--database postgres|sqlite]`. The matrix's installation is laid out in a database of its own and served by the
command of the web service in docker-compose.yml, with production's settings, on loopback. A line a stage, and one for each
violation; the exit status is 1 if there is any.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks.fire import bodies, cases, routes, sockets
from benchmarks.fire.finding import FiredStage
from benchmarks.fire.site import Site, own_network, served

INSIDE = "FIRE_INSIDE"


def main() -> int:
    """Run the stages asked for; returns the exit status."""
    args = arguments()
    before = [] if os.environ.get(INSIDE) else own_network()
    if before:
        line = [*before, sys.executable, "-m", "benchmarks.fire", *sys.argv[1:]]
        return subprocess.run(line, env={**os.environ, INSIDE: "1"}, check=False).returncode
    stages: dict[str, Callable[[Site], FiredStage]] = {
        "routes": lambda site: routes.fire(site, every=args.every),
        "cases": lambda site: cases.fire(site, count=args.cases, seed=args.seed, only=args.only),
        "bodies": lambda site: bodies.fire(site, count=args.bodies, seed=args.seed, only=args.only),
        "sockets": lambda site: sockets.fire(site, count=args.sockets),
    }
    is_bad = False
    with served(args.database) as site:
        for name in args.stage or stages:
            found = stages[name](site)
            found.print()
            is_bad |= bool(found.violations)
        if is_bad and args.keep_log:
            args.keep_log.write(site.log.read_text(errors="replace"))
    return int(is_bad)


def arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="benchmarks.fire")
    asked.add_argument("--stage", choices=["routes", "cases", "bodies", "sockets"], nargs="+")
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--bodies", type=int, default=1_000)
    asked.add_argument("--sockets", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", type=int, help="one case or body by its number")
    asked.add_argument("--every", type=int, default=1, help="of so many routes one is tried")
    asked.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    asked.add_argument(
        "--keep-log", type=argparse.FileType("w"), help="where the server's log goes if anything is wrong"
    )
    return asked.parse_args()


if __name__ == "__main__":
    sys.exit(main())
