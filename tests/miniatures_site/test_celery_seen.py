"""Celery's own tools see the production worker of the compose file: its name, its queues,
and the tasks that it is sent.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from pytest_django import DjangoDbBlocker

from tests.migrated import template
from tests.miniatures_site.containers import COMPOSE, ROOT, running, wait_until

CELERY = [sys.executable, "-m", "celery", "-A", "miniatures_site"]


def inspect(question: str, environment: dict[str, str]) -> dict[str, Any]:
    """Ask as an operator would; returns the answers by worker."""
    done = subprocess.run(
        [*CELERY, "inspect", "--json", question], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.mark.slow
def test_celery_inspect_and_a_monitor_see_queues_tasks_and_workers(
    environment: dict[str, str], pytestconfig: pytest.Config, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    with django_db_blocker.unblock():
        shutil.copy(template(pytestconfig.cache.mkdir("migrated")), Path(environment["VAR_DIR"]) / "db.sqlite3")
    monitor = Celery("monitor", broker=environment["REDIS_URL"])
    events: list[dict[str, Any]] = []

    def note(event: dict[str, Any]) -> None:
        events.append(event)
        receiver.should_stop = {"task-sent", "task-succeeded", "worker-heartbeat"} <= {each["type"] for each in events}

    log = tmp_path / "log"
    with running(COMPOSE["services"]["worker"]["command"], environment, log) as process:
        wait_until(lambda: " ready." in log.read_text(), process)
        queues = inspect("active_queues", environment)
        with monitor.connection_for_read() as link:
            receiver = monitor.events.Receiver(link, handlers={"*": note})
            ring = [*CELERY, "call", "jobs.reap"]
            ringing = subprocess.Popen(ring, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
            receiver.capture(limit=None, timeout=120, wakeup=True)
            ringing.wait(60)

    [answer] = queues.values()
    assert {queue["name"] for queue in answer} == {"default", "generation", "campaigns"}
    assert {each.get("name") for each in events if each["type"] == "task-sent"} == {"jobs.reap"}
    assert "Task jobs.reap" not in log.read_text()


@pytest.mark.parametrize(("broker", "is_seen"), [("redis+socket:///tmp/r.sock", "True"), ("sqla+sqlite:///x", "False")])
def test_a_queue_that_takes_no_broadcast_is_not_asked_for_one(tmp_path: Path, broker: str, is_seen: str) -> None:
    program = (
        "from miniatures_site.celery import app; "
        "print(app.conf.worker_send_task_events, app.conf.worker_enable_remote_control, app.conf.task_send_sent_event)"
    )
    variables = {
        "BROKER_URL": broker,
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
    }

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [is_seen] * 3
