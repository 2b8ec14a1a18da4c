"""Keep the database of a release, so that each later version is tested on it: `python -m tests.upgrade.make 0.1.0`.

Run it on the commit that is the release. It loads the demo on SQLite and on PostgreSQL, freezes a dataset, tunes on it and
evaluates, and leaves in a folder of the release's name what lay in the databases, the id of the commit, and its code.
"""

from __future__ import annotations

import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.postgres_server import postgres

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TASK = "outreach-e-mail"
# Of a release's code: what its pages and commands do without.
LEFT_OUT = [
    f":(exclude){path}"
    for path in ("tests", "static", "docs", "benchmarks", "demo/**/*.safetensors", "demo/recordings")
]
FASTER = {"EVALUATION_MAX_RECORDS": "6", "BROKER_URL": "memory://", "LOG_LEVEL": "WARNING"}


def environment(var: Path, url: str) -> dict[str, str]:
    """What a command of the product needs to work on a database and a folder of its own."""
    own = ("TEST_", "DJANGO_", "VAR_DIR", "DATABASE_URL", "PYTEST")
    given = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {
        **given,
        **FASTER,
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
        "VAR_DIR": str(var),
        "DATABASE_URL": url,
    }


def main() -> None:
    folder = HERE / sys.argv[1]
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        var = Path(temporary)
        file = var / "kept.sqlite3"
        fill(var, f"sqlite:///{file}")
        keep(folder / "demo.sqlite3.xz", lambda kept: compacted(file, kept))
    with tempfile.TemporaryDirectory() as temporary, postgres() as url:
        fill(Path(temporary), url)
        dump = [program("pg_dump"), "--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=500", "-f"]
        keep(folder / "demo.sql.xz", lambda kept: subprocess.run([*dump, str(kept), url], check=True))
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True)
    (folder / "commit").write_text(commit.stdout)
    archive = subprocess.run(
        ["git", "archive", "HEAD", "--", ".", *LEFT_OUT], cwd=ROOT, check=True, capture_output=True
    )
    (folder / "code.tar.xz").write_bytes(lzma.compress(archive.stdout, preset=9 | lzma.PRESET_EXTREME))


def fill(var: Path, url: str) -> None:
    """Migrate, load the demo, and do what comes after it."""
    for line in (("manage.py", "migrate", "-v0"), ("manage.py", "load_demo"), ("-m", "tests.upgrade.make", "--loop")):
        subprocess.run([sys.executable, *line], cwd=ROOT, env=environment(var, url), check=True)


def loop() -> None:
    """Freeze, tune and evaluate on the demo of this process's database, each job done where it stands."""
    import django

    django.setup()
    from jobs.models import Job
    from jobs.supervisor.run_job import run_job
    from members.models import Member
    from review.datasets import freezing
    from review.models import Task
    from training.models import Student
    from training.runs import launch_run
    from training.runs.run_request import RunRequest

    def work() -> None:
        waiting = Job.objects.filter(state__in=("queued", "waiting")).order_by("created_at")
        while job := waiting.first():
            run_job(job.pk, worker="release")
            job.refresh_from_db()
            if job.state != "succeeded":
                raise RuntimeError(f"{job.title} is {job.state}: {job.error or job.waiting_reason}")

    lead = Member.objects.get(username="lena")
    version = freezing.freeze(freezing.create(Task.objects.get(slug=TASK), name="Release", by=lead), by=lead)
    work()
    version.refresh_from_db()
    launch_run.launch(
        RunRequest(dataset_version=version, student=Student.objects.get(slug="demo")),
        recipe="demo",
        overrides={"epochs": 1},
        by=Member.objects.get(username="lena"),
    )
    work()


def compacted(file: Path, kept: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("VACUUM INTO ?", [str(kept)])


def keep(path: Path, write: Callable[[Path], object]) -> None:
    """Compress what is written to a temporary file into a path."""
    with tempfile.TemporaryDirectory() as temporary:
        plain = Path(temporary) / "plain"
        write(plain)
        with plain.open("rb") as source, lzma.open(path, "wb", preset=9) as kept:
            shutil.copyfileobj(source, kept)


def program(name: str) -> str:
    """Where a program of PostgreSQL's lies: Debian keeps some outside the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((str(folder / name) for folder in folders if (folder / name).exists()), name)


if __name__ == "__main__":
    loop() if sys.argv[1:] == ["--loop"] else main()
