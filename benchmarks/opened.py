"""How many files of ours one deed runs through: `python -m benchmarks.opened`, or `make bench NAME=opened`.

A file counts when one of its functions is called during the deed; what only was imported does not. Four deeds, each done
once before it is counted, so that what is read once a process is left out: a verdict of the desk with the next card, an
order of four drafts of the offline teacher in the web process, a small LoRA run in its engine (a process of its own, from
its start), and the form of a run until its row. The last line is one JSON object; `--names` lists the files too.
"""

from __future__ import annotations

import json
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import uuid4

from demo import scratch

ROOT = Path(__file__).resolve().parent.parent
OURS = tuple(str(folder) + "/" for folder in ROOT.iterdir() if (folder / "__init__.py").exists())
NOT_OURS = (str(ROOT / "tests") + "/", str(ROOT / "benchmarks") + "/")
# What an engine is started by while it is counted: the same module and arguments, and at its end its list of files.
COUNTED = """#!{python}
import atexit, runpy, sys, pathlib
sys.path.insert(0, {root!r})
sys.path.insert(0, "")
from benchmarks.opened import Count
count = Count()
atexit.register(lambda: pathlib.Path({told!r}).write_text("\\n".join(sorted(count.files))))
module, sys.argv = sys.argv[2], sys.argv[2:]
count.begin()
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


class Count:
    """The files of ours in which a function was called."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    def begin(self) -> None:
        threading.setprofile(self.see)
        sys.setprofile(self.see)

    def end(self) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def see(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call":
            name = code.co_filename
            # Bodies of modules and classes run when they are imported; only those of functions are optimized.
            if name.startswith(OURS) and not name.startswith(NOT_OURS) and code.co_flags & CO_OPTIMIZED:
                self.files.add(name.removeprefix(f"{ROOT}/"))


def counted(deed: Callable[[], object]) -> list[str]:
    deed()
    count = Count()
    count.begin()
    try:
        deed()
    finally:
        count.end()
    return sorted(count.files)


@contextmanager
def engines_counted(folder: Path) -> Iterator[Path]:
    """Engines that are started meanwhile write the files they called into to the path this yields."""
    program, told, python = folder / "counted", folder / "told", sys.executable
    program.write_text(COUNTED.format(python=python, root=str(ROOT), told=str(told)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    sys.executable = str(program)
    try:
        yield told
    finally:
        sys.executable = python


def main() -> None:
    folder = scratch.prepare()

    from django.conf import settings
    from django.test import Client
    from rest_framework.test import APIClient

    from generation.models import Teacher
    from generation.orders import launch as orders
    from jobs.models import Job
    from jobs.supervisor.run_job import run_job
    from members.models import Member
    from tests.review import factories as desk
    from tests.training.conftest import freeze
    from training.models import TrainingRun
    from training.students import registration

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    member = Member.objects.create(username="bench", is_superuser=True)
    task = desk.make_task(by=member)
    records = desk.make_records(desk.make_source(task), 30)
    desk.make_drafts(task, records)
    teacher = Teacher.objects.get(provider="offline")
    version = freeze(desk.make_task(by=member, slug="tuned"), member, train=10, validation=3)
    student = registration.register_demo()
    api, client = APIClient(), Client()
    api.force_login(member)
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")

    def do(job: Any) -> None:
        run_job(job, worker="bench")
        ended = Job.objects.get(pk=job)
        if ended.state != "succeeded":
            raise RuntimeError(f"its job is {ended.state}: {ended.error} {ended.waiting_reason}")

    def verdict() -> None:
        card = api.get(f"/api/v1/desk/{task.slug}/deck/").json()["cards"][0]
        body = {"id": str(uuid4()), "verdict": "accept", "seconds": 4.2}
        answer = api.post(
            f"/api/v1/drafts/{card['id']}/decisions/", body, format="json", headers={"If-Match": f'"{card["etag"]}"'}
        )
        if answer.status_code != 201:
            raise RuntimeError(answer.content.decode())

    def order() -> None:
        made = orders.launch(orders.OrderRequest(task, teacher=teacher, count=4, by=member))
        do(made.job_id)

    def form() -> TrainingRun:
        fields = {
            "dataset_version": str(version.pk),
            "student": student.slug,
            "recipe": "demo",
            "device": "auto",
            "set-epochs": "1",
        }
        answer = client.post("/tasks/tuned/training/", fields)
        if answer.status_code != 302:
            raise RuntimeError(answer.content.decode())
        return TrainingRun.objects.latest("created_at")

    names: dict[str, list[str]] = {
        "a verdict and the next card": counted(verdict),
        "an order of four drafts": counted(order),
        "form to run": counted(form),
    }
    Job.objects.filter(queue="training").update(state="cancelled")
    with engines_counted(folder) as told:
        do(form().job_id)
        names["a small LoRA run in the engine"] = told.read_text().split()
    if "--names" in sys.argv:
        print(json.dumps(names, indent=1))
    print(json.dumps({"claim": "opened", **{deed: len(files) for deed, files in names.items()}}))


if __name__ == "__main__":
    main()
