"""What Prometheus is told: figures of rows, by names that tell of no task, for who has the key."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from generation.models import Order, SpendDay, Teacher
from jobs.lifecycle import control, reaper_lock
from jobs.models import BackupTrial, Job
from jobs.scheduling import workers
from members.models import Member
from miniatures_site.health import metrics, pages, request_counts
from miniatures_site.health.request_counts import RequestCounts
from miniatures_site.settings import stores
from tests.jobs.conftest import wait_for
from tests.jobs.fleet import Redis
from tests.passes import ROOT
from tests.review.factories import make_task
from web.caching.shared_cache import SharedCache

# A scrape reads on a connection of its own, which it closes.
pytestmark = pytest.mark.django_db(transaction=True)
SAMPLE = re.compile(r'^miniatures_[a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})? -?[0-9.e+-]+$')


@pytest.fixture
def key(settings: Any) -> dict[str, str]:
    settings.METRICS_TOKEN = "only-for-scrapes"
    return {"Authorization": "Bearer only-for-scrapes"}


def samples(client: Client, key: dict[str, str]) -> dict[str, float]:
    """Each sample of a scrape, whose every line is of the format."""
    answer = client.get("/metrics", headers=key)
    assert (answer.status_code, answer["Content-Type"]) == (200, metrics.CONTENT_TYPE)
    lines = answer.content.decode().splitlines()
    told = [line for line in lines if not line.startswith("# ")]
    assert [line for line in told if not SAMPLE.match(line)] == []
    named = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    assert named == {line.split()[2] for line in lines if line.startswith("# HELP ")}
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in told}


def test_without_a_key_set_there_is_nothing_and_another_key_is_refused(client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "only-for-scrapes"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer onlý"}).status_code == 401


@pytest.mark.slow
def test_it_tells_of_queues_jobs_beat_and_workers(client: Client, key: dict[str, str]) -> None:
    workers.beat(worker="one@host", host="host-a", queues="default,campaigns")
    reaper_lock.record_beat_start()
    for _ in range(2):
        control.launch(kind="campaign-send", title="Send", spec={}, by=None)
    made_at = timezone.now() - timedelta(hours=3)
    BackupTrial.objects.create(file_name="old.zip", made_at=made_at, verified_at=timezone.now())
    BackupTrial.objects.create(file_name="new.zip", made_at=timezone.now(), problem="it did not come back")
    failed = control.launch(kind="campaign-send", title="Send", spec={}, by=None)
    Job.objects.filter(pk=failed.pk).update(state="failed", finished_at=timezone.now())
    Job.objects.update(queued_at=timezone.now() - timedelta(seconds=90))

    told = samples(client, key)

    assert told['miniatures_queue_jobs{queue="campaigns"}'] == 2
    assert 90 <= told['miniatures_queue_oldest_seconds{queue="campaigns"}'] < 200
    assert told['miniatures_queue_workers{queue="default"}'] == 1
    assert told['miniatures_jobs{kind="campaign-send",state="queued"}'] == 2
    assert abs(told["miniatures_backup_verified_timestamp_seconds"] - made_at.timestamp()) < 1
    assert told['miniatures_jobs_ended{kind="campaign-send",state="failed"}'] == 1
    assert abs(told["miniatures_beat_last_tick_timestamp_seconds"] - timezone.now().timestamp()) < 100
    assert (told["miniatures_halted"], told["miniatures_job_leases_overdue"]) == (0, 0)
    assert told["miniatures_job_leases_lost_total"] == 0
    assert told["miniatures_disk_free_bytes"] > 0
    assert not any("scrape_error" in name for name in told)


@pytest.mark.slow
def test_a_name_is_escaped_and_no_task_is_told(client: Client, key: dict[str, str], admin: Member) -> None:
    task = make_task(by=admin, slug="secret-task")
    teacher = Teacher.objects.create(slug="t", name="T")
    order = Order.objects.create(
        task=task, task_version=task.versions.get(), teacher=teacher, teacher_spec={}, count=1, max_cost_usd=1
    )
    SpendDay.objects.create(
        order=order, day=timezone.localdate(), teacher_name='a "large"\\model\nx', way="live", calls=3, input_tokens=10,
        output_tokens=4, cost_usd="1.25",
    )  # fmt: skip

    told = samples(client, key)

    assert told['miniatures_spend_today_usd{teacher="a \\"large\\"\\\\model x"}'] == 1.25
    assert not any("secret" in name for name in told)


def test_a_figure_that_cannot_be_read_is_named_and_the_others_are_told(
    client: Client, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise OSError("gone")

    monkeypatch.setattr(metrics.COUNTS, "read", broken)

    told = samples(client, key)

    assert told['miniatures_scrape_error{what="requests"}'] == 1
    assert "miniatures_halted" in told


@pytest.mark.slow
def test_a_database_that_is_away_is_told_and_does_not_fail_the_scrape(
    client: Client, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise OperationalError("connection refused")

    assert samples(client, key)['miniatures_up{what="database"}'] == 1
    monkeypatch.setattr(metrics, "_READERS", (away,))

    assert samples(client, key)['miniatures_up{what="database"}'] == 0


def test_a_database_that_is_frozen_holds_up_no_scrape(
    client: Client, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = threading.Event()
    monkeypatch.setattr(pages, "SCRAPED_WITHIN_S", 0.1)
    monkeypatch.setattr(pages.figures, "scrape", lambda: frozen.wait(60))
    monkeypatch.setattr(pages, "_scrape_threads", ThreadPoolExecutor(max_workers=1))

    told = samples(client, key)
    frozen.set()

    assert told['miniatures_up{what="database"}'] == 0


def test_requests_are_counted_by_route_and_never_by_address(
    client: Client, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = RequestCounts()
    monkeypatch.setattr(request_counts, "COUNTS", counts)
    monkeypatch.setattr(metrics, "COUNTS", counts)
    for path in ("/livez", "/livez", "/no/such/place-1", "/no/such/place-2"):
        client.get(path)

    told = samples(client, key)

    of_livez = 'route="livez",method="GET",status="200"'
    assert told[f"miniatures_http_request_seconds_count{{{of_livez}}}"] == 2
    assert told[f'miniatures_http_request_seconds_bucket{{{of_livez},le="+Inf"}}'] == 2
    assert sum(number for name, number in told.items() if "_count{" in name and 'route="none"' in name) == 2
    assert not any("place" in name for name in told)


def test_all_web_processes_count_together_and_none_is_lost_while_redis_is_away(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = RequestCounts(), RequestCounts()
    server = Redis(tmp_path_factory.mktemp("r"))
    server.start()
    monkeypatch.setattr(request_counts, "cache", SharedCache(stores.redis_location(server.url), {}))
    first.count("livez", "GET", 200, 0.02)
    second.count("livez", "GET", 200, 0.2)
    first.add()
    together = second.read()
    server.stop()

    assert (together["livez|GET|200|count"], together["livez|GET|200|0.1"]) == (2, 1)
    first.count("livez", "GET", 200, 0.02)
    first.add()
    assert first._fresh["livez|GET|200|count"] == 1


def test_a_process_that_falls_idle_adds_its_last_counts(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle, other = RequestCounts(), RequestCounts()
    server = Redis(tmp_path_factory.mktemp("r"))
    server.start()
    monkeypatch.setattr(request_counts, "cache", SharedCache(stores.redis_location(server.url), {}))
    monkeypatch.setattr(request_counts, "ADDED_EVERY_S", 0.01)

    for number in (1, 2):
        idle.count("livez", "GET", 200, 0.02)
        wait_for(lambda number=number: other.read().get("livez|GET|200|count") == number)

    server.stop()


def test_each_alert_asks_for_a_figure_there_is() -> None:
    rules = [
        rule for group in yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"] for rule in group["rules"]
    ]
    asked = {name for rule in rules for name in re.findall(r"miniatures_[a-z_]+", rule["expr"])}
    written = (ROOT / "miniatures_site/health/metrics.py").read_text()
    known = {f"miniatures_{name}" for name in re.findall(r'Metric\("([a-z_]+)"', written)}

    assert len(rules) >= 10
    assert {name.removesuffix("_count") for name in asked} <= known | {"miniatures_http_request_seconds"}
