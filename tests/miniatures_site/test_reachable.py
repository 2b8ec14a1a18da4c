"""A worker's look at what it needs before it takes work: closed ports, wrong passwords,
missing buckets, clocks, GPUs.
"""

from __future__ import annotations

import logging
import os
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL

from miniatures_site import reachable
from miniatures_site.settings.stores import database, storage
from tests.miniatures_site.containers import running, takes_connections, wait_until
from tests.postgres_server import free_port

PASSWORD = "correct-horse"


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is bound, so that nobody else takes it, and refuses every connection."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis that wants a password."""
    folder = tmp_path_factory.mktemp("redis")
    port = free_port()
    line = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", ""]
    with running(shlex.join([*line, "--dir", str(folder)]), dict(os.environ)) as process:
        wait_until(lambda: takes_connections(port), process)
        yield port


def test_a_queue_that_answers_is_no_fault(redis_port, settings):
    settings.CELERY_BROKER_URL = f"redis://:{PASSWORD}@127.0.0.1:{redis_port}/0"

    assert reachable._queue() == []


@pytest.mark.slow
@pytest.mark.parametrize("secret", ["", ":wrong-horse@"], ids=["no password", "a wrong one"])
def test_a_wrong_password_of_the_queue_is_told_and_not_repeated(redis_port, settings, secret):
    settings.CELERY_BROKER_URL = f"redis://{secret}127.0.0.1:{redis_port}/0"

    [fault] = reachable._queue()

    assert (fault.part, fault.keeps_from_work) == ("Queue", True)
    assert f"127.0.0.1:{redis_port}" in fault.message and "REDIS_URL" in fault.message
    assert "password" in fault.hint
    assert "horse" not in fault.message + fault.hint


@pytest.mark.slow
def test_a_closed_port_of_the_queue_is_told(settings):
    with closed_port() as port:
        settings.CELERY_BROKER_URL = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"

        [fault] = reachable._queue()

    assert "refused" in fault.message and "firewall" in fault.hint
    assert PASSWORD not in fault.message


@pytest.mark.slow
def test_a_queue_without_tls_is_told_where_tls_is_asked_for(redis_port, settings):
    settings.CELERY_BROKER_URL = f"rediss://:{PASSWORD}@127.0.0.1:{redis_port}/0"

    [fault] = reachable._queue()

    assert fault.keeps_from_work


@pytest.fixture
def elsewhere(monkeypatch) -> Iterator[None]:
    """A PostgreSQL at a closed port as the database, whatever database the tests run on."""
    with closed_port() as port:
        values = database(f"postgres://miniatures:{PASSWORD}@127.0.0.1:{port}/miniatures")
        monkeypatch.setattr(reachable, "connection", PostgreSQL({**connection.settings_dict, **values}, "default"))
        yield


def test_a_closed_port_of_the_database_is_told(elsewhere):
    [fault] = reachable._database()

    assert (fault.part, fault.keeps_from_work) == ("Database", True)
    assert "127.0.0.1:" in fault.message and "DATABASE_URL" in fault.message
    assert "firewall" in fault.hint
    assert PASSWORD not in fault.message


@pytest.mark.django_db
def test_a_database_that_answers_is_no_fault():
    assert [fault for fault in reachable._database() if fault.keeps_from_work] == []
    assert connection.is_usable()


@pytest.mark.parametrize(("ahead_s", "words"), [(600, "600 s behind"), (-90, "90 s ahead of")])
def test_a_clock_that_is_off_is_told_and_keeps_nobody_from_work(ahead_s, words):
    [fault] = reachable._clock(ahead_s)

    assert words in fault.message and not fault.keeps_from_work


@pytest.mark.parametrize("ahead_s", [86_400, -1_000])
def test_a_clock_that_is_far_off_keeps_a_worker_from_work(ahead_s):
    [fault] = reachable._clock(ahead_s)

    assert fault.keeps_from_work


def test_a_clock_that_is_about_right_is_no_fault():
    assert reachable._clock(2) == []


def in_bucket(url: str, monkeypatch) -> list[reachable.Fault]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
    monkeypatch.setattr(reachable, "default_storage", storages.create_storage(storage(url, Path("unused"))))
    return reachable._storage()


def test_a_closed_port_of_the_storage_is_told(monkeypatch):
    with closed_port() as port:
        [fault] = in_bucket(f"s3://drafts/a?endpoint_url=http://127.0.0.1:{port}&region_name=us-east-1", monkeypatch)

    assert fault.part == "Storage" and fault.keeps_from_work
    assert "the bucket drafts" in fault.message and "STORAGE_URL" in fault.message
    assert PASSWORD not in fault.message


@pytest.mark.slow
def test_a_bucket_that_is_missing_is_told_and_one_that_is_there_is_no_fault(monkeypatch):
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, ip_address="127.0.0.1")
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"s3://drafts/a?endpoint_url=http://{host}:{port}&region_name=us-east-1"
        [missing] = in_bucket(url, monkeypatch)
        reachable.default_storage.connection.create_bucket(Bucket="drafts")

        present = in_bucket(url, monkeypatch)
    finally:
        server.stop()

    assert "NoSuchBucket" in missing.message and "name in the address" in missing.hint
    assert present == []


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "artefacts").write_text("")

    [fault] = reachable._folder(tmp_path / "artefacts")

    assert fault.part == "Storage" and "VAR_DIR" in fault.hint


def test_gpus_that_were_promised_and_are_not_there_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("NVIDIA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("NVIDIA_DRIVER_CAPABILITIES", "compute,utility")
    [without_driver] = reachable._gpus()
    broken = tmp_path / "nvidia-smi"
    broken.write_text("#!/bin/sh\necho 'Failed to initialize NVML: Driver/library version mismatch'\nexit 18\n")
    broken.chmod(0o755)
    [mismatched] = reachable._gpus()
    monkeypatch.delenv("NVIDIA_DRIVER_CAPABILITIES")

    assert "toolkit" in without_driver.hint and "one version" in mismatched.hint
    assert not without_driver.keeps_from_work
    assert reachable._gpus() == []


@pytest.mark.parametrize(
    ("host", "is_encrypted", "told"),
    [("8.8.8.8", False, True), ("8.8.8.8", True, False), ("10.0.0.1", False, False), ("127.0.0.1", False, False)],
)
def test_what_goes_unencrypted_over_a_public_address_is_told(host, is_encrypted, told):
    assert bool(reachable._exposed("Queue", host, is_encrypted)) is told


@pytest.mark.slow
def test_a_worker_looks_again_until_everything_answers_and_says_what_does_not(
    redis_port, settings, monkeypatch, caplog
):
    monkeypatch.setattr(reachable, "_database", lambda: [])
    monkeypatch.setattr(reachable, "_gpus", lambda: [])
    pauses: list[float] = []

    def mend_after_two(pause_s: float) -> None:
        pauses.append(pause_s)
        if len(pauses) == 2:
            settings.CELERY_BROKER_URL = f"redis://:{PASSWORD}@127.0.0.1:{redis_port}/0"

    with closed_port() as port, caplog.at_level(logging.ERROR, logger=reachable.__name__):
        settings.CELERY_BROKER_URL = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
        reachable.wait(sleep=mend_after_two)

    assert pauses == [1.0, 2.0]
    assert caplog.text.count(f"Queue: 127.0.0.1:{port}") == 2
    assert "takes no jobs yet" in caplog.text
    assert PASSWORD not in caplog.text
