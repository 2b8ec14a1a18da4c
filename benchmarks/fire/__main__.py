"""Claim: whatever is sent to the API, the served product never answers with a fault.

`python -m benchmarks.fire [--cases 10000] [--seed 1] [--only NUMBER] [--keep-log FILE]`. The
matrix's installation is laid out in a PostgreSQL of its own. The command of the web service in docker-compose.yml
serves it on loopback, with production's settings. Prints the figures and a line for each violation; the exit status is
1 if there is any.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from benchmarks.fire import cases
from benchmarks.fire.site import own_network, served

INSIDE = "FIRE_INSIDE"


def main() -> int:
    """Send the cases, in a network of their own where that can be had; returns the exit status."""
    args = arguments()
    before = [] if os.environ.get(INSIDE) else own_network()
    if before:
        line = [*before, sys.executable, "-m", "benchmarks.fire", *sys.argv[1:]]
        return subprocess.run(line, env={**os.environ, INSIDE: "1"}, check=False).returncode
    with served() as site:
        volley = cases.fire(site, count=args.cases, seed=args.seed, only=args.only)
        volley.print()
        if volley.violations and args.keep_log:
            args.keep_log.write(site.log.read_text(errors="replace"))
    return int(bool(volley.violations))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.fire")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one case by its number")
    parser.add_argument(
        "--keep-log", type=argparse.FileType("w"), help="file for the server's log if anything is wrong"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
