"""Minutes that a large installation takes to be backed up, tried and brought back, by the commands an operator types.

    python -m benchmarks.backup [--drafts 1000000] [--gigabytes 5] [--packed] [--keep FOLDER]

PostgreSQL on this machine, the installation of `benchmarks.pages` with as many drafts, and artefacts of random bytes, which
no packing makes smaller, in files of the sizes an installation has: weights of a quarter of a gigabyte, data of a few
megabytes. `backup` ends with its trial restore; `restore` fills an empty database and folder beside it, and this program
then counts rows and hashes files itself. The last line is one JSON object; `minutes` is backup and restore together.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
LARGE, SMALL, SMALL_SHARE = 256 << 20, 4 << 20, 0.1
BLOCK: Final = 4 << 20
TABLES: Final = ("review_draft", "review_decision", "review_gold", "review_record", "audit_entry")


def artefacts(folder: Path, total: int) -> dict[str, str]:
    """Write files of random bytes; the hash of each by its name."""
    sizes = [SMALL] * int(total * SMALL_SHARE / SMALL)
    sizes += [LARGE] * max(1, (total - sum(sizes)) // LARGE)
    hashes = {}
    for number, size in enumerate(sizes):
        path, digest = folder / "bench" / f"{number % 16:02d}" / f"{number}.safetensors", hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for _ in range(0, size, BLOCK):
                block = os.urandom(BLOCK)
                digest.update(block)
                out.write(block)
        hashes[str(path.relative_to(folder))] = digest.hexdigest()
    return hashes


def command(database: str, var: Path, *line: str) -> tuple[float, str]:
    """Seconds of one of the product's commands, and what it said.

    Raises:
        SystemExit: It failed.
    """
    environment = {**os.environ, "DATABASE_URL": database, "VAR_DIR": str(var), "BROKER_URL": "memory://"}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "manage.py", *line], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    spent = time.perf_counter() - began
    print(f"{line[0]}: {spent:.0f} s; {(done.stdout + done.stderr).strip()}", file=sys.stderr, flush=True)
    if done.returncode:
        sys.exit(f"{line[0]} failed")
    return spent, done.stdout


def differs(server: str, var: Path, hashes: dict[str, str], rows: dict[str, int]) -> list[str]:
    """What came back otherwise than it was: tables and files."""
    import psycopg

    with psycopg.connect(server) as there:
        found = [table for table, count in rows.items() if _count(there, table) != count]
    for name, known in hashes.items():
        path = var / "artefacts" / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != known:
            found.append(name)
    return found


def _count(there: Any, table: str) -> int:
    return int(there.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def main() -> None:
    """Build, back up, restore beside, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drafts", type=int, default=1_000_000)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--packed", action="store_true", help="one .tar.gz in place of a folder")
    asked = parser.parse_args()
    from benchmarks import databases
    from demo import scratch

    with databases.postgres() as server:
        os.environ["DATABASE_URL"] = server.url
        var = scratch.prepare()
        from django.db import connection, connections

        from benchmarks.pages import grow, installation

        grow(installation(), drafts=asked.drafts, tasks=20, scale=0.01)
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE beside")
        hashes = artefacts(var / "artefacts", int(asked.gigabytes * (1 << 30)))
        connections.close_all()
        target, beside = var / f"backup{'.tar.gz' if asked.packed else ''}", var / "beside"
        restored = server.url.removesuffix("postgres") + "beside"
        spent = {"backup_s": command(server.url, var, "backup", str(target))[0]}
        import psycopg

        # Only the trail has grown since, by the backup's own entry.
        with psycopg.connect(server.url) as there:
            rows = {table: _count(there, table) for table in TABLES if table != "audit_entry"}
        size = sum(path.stat().st_size for path in target.rglob("*")) if target.is_dir() else target.stat().st_size
        spent["restore_s"] = command(restored, beside, "restore", str(target))[0]
        wrong = differs(restored, beside, hashes, rows)
    print(json.dumps({
        "benchmark": "backup", "drafts": asked.drafts, "gigabytes": asked.gigabytes, "packed": asked.packed,
        "backup_bytes": size, **{name: round(value, 1) for name, value in spent.items()},
        "minutes": round(sum(spent.values()) / 60, 2), "wrong": wrong,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
