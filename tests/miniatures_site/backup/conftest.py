"""Houses that the tests of one file share, and a local S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests import migrated
from tests.miniatures_site.backup.houses import House, databases, facts


@pytest.fixture(scope="module")
def build(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., House]]:
    with databases(tmp_path_factory.mktemp("houses")) as build:
        yield build


@pytest.fixture(scope="module")
def empty(build, pytestconfig, django_db_blocker) -> House:
    """An installation with nothing in it yet, whose database others begin with."""
    with django_db_blocker.unblock():
        house = build("empty", like=migrated.template(pytestconfig.cache.mkdir("migrated")))
    # A copy lacks what follows migrations, triggers and seeds: the checks would say so before they are made.
    house.run("migrate", "-v0", "--skip-checks")
    return house


@pytest.fixture(scope="module")
def lived_in(build, empty) -> House:
    """An installation with people and golds in it."""
    house = build("lived-in", like=empty.database)
    house.python("from tests.miniatures_site.backup import seed; seed.fill()")
    return house


@pytest.fixture(scope="module")
def backup(lived_in, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("backups") / "today"
    lived_in.run("backup", str(folder), "--no-verify")
    return folder


@pytest.fixture(scope="module")
def lived(lived_in) -> str:
    """What is in the lived-in installation, and stays there."""
    return facts(lived_in)


@contextmanager
def local_s3(patch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket of a local S3, whose keys are in the environment."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    # Its buckets live as long as this process.
    name = f"artefacts-{uuid4().hex[:8]}"
    address = "http://{}:{}".format(*server.get_host_and_port())
    patch.setenv("AWS_ACCESS_KEY_ID", "x")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket=name)
    yield f"s3://{name}/house?endpoint_url={address}&region_name=us-east-1"
    server.stop()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket of a local S3."""
    with local_s3(monkeypatch) as address:
        yield address
