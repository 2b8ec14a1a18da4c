"""Four acts of a user, each run twice: once to fill caches, once to trace it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.house.traces import engines_traced, size, traced

Act = Callable[[], object]


def entered() -> dict[str, dict[str, dict[str, int]]]:
    """Count files and functions that each act enters, in the site and, where one starts, in its engine."""
    from demo import scratch

    folder = scratch.prepare()
    return {name: _measured(act, folder / f"engines-{number}") for number, (name, act) in enumerate(_acts().items())}


def _measured(act: Act, folder: Path) -> dict[str, dict[str, int]]:
    act()
    with engines_traced(folder):
        site = traced(act)
    engine = {line for file in folder.iterdir() for line in file.read_text().splitlines()}
    return {"site": size(site), **({"engine": size(engine)} if engine else {})}


def _acts() -> dict[str, Act]:
    from django.conf import settings
    from rest_framework.test import APIClient

    from generation.models import Teacher
    from generation.orders import launch as orders
    from jobs.models import Job
    from jobs.supervisor.run_job import run_job
    from members.models import Member
    from tests.review import factories as desk
    from tests.training.conftest import freeze as frozen
    from training.students import registration

    settings.ALLOWED_HOSTS = ["testserver"]
    member = Member.objects.create(username="bench", is_superuser=True)
    task = desk.make_task(by=member)
    desk.make_drafts(task, desk.make_records(desk.make_source(task), 30))
    teacher = Teacher.objects.get(provider="offline")
    version = frozen(desk.make_task(by=member, slug="tuned"), member, train=10, validation=3)
    student = registration.register_shipped("demo")
    client = APIClient()
    client.force_login(member)

    def post(path: str, body: dict[str, Any], **headers: str) -> Any:
        answer = client.post(f"/api/v1/{path}", body, format="json", headers=headers)
        if answer.status_code not in (200, 201, 202):
            raise RuntimeError(f"{path}: {answer.status_code} {answer.content.decode()}")
        return answer.json()

    def do(job: Any) -> None:
        run_job(job, worker="bench")
        ended = Job.objects.get(pk=job)
        if ended.state != "succeeded":
            raise RuntimeError(f"The job is {ended.state}: {ended.error} {ended.waiting_reason}")

    def decision() -> None:
        card = client.get(f"/api/v1/desk/{task.slug}/deck/").json()["cards"][0]
        body = {"id": str(uuid4()), "verdict": "accept", "seconds": 4.2}
        post(f"drafts/{card['id']}/decisions/", body, **{"If-Match": f'"{card["etag"]}"'})

    def order() -> None:
        do(orders.launch(orders.OrderRequest(task, teacher=teacher, count=4, by=member)).job_id)

    def tune() -> None:
        body = {
            "dataset_version": str(version.pk),
            "student": student.slug,
            "recipe": "demo",
            "overrides": {"epochs": 1},
        }
        do(post("training-runs/", body)["job"])

    def freeze() -> None:
        do(post(f"datasets/{version.dataset.slug}/versions/", {"note": ""})["job"])

    return {"a decision": decision, "an order": order, "a tiny LoRA run": tune, "a freeze": freeze}
