"""A local S3 for tests of backups."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer


@pytest.fixture
def bucket(monkeypatch) -> Iterator[str]:
    """The address of an empty bucket of a local S3."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    # Its buckets live as long as this process.
    name = f"artefacts-{uuid4().hex[:8]}"
    address = "http://{}:{}".format(*server.get_host_and_port())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket=name)
    yield f"s3://{name}/house?endpoint_url={address}&region_name=us-east-1"
    server.stop()
