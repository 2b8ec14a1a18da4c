"""Frozen files in S3: written, read in part and page by page, erased; against an S3 on loopback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from moto.server import ThreadedMotoServer
from rest_framework.test import APIClient

from members.models import Member
from miniatures_site.settings.stores import storage
from review.datasets import queries as selectors
from review.datasets.files import open_at
from review.erasure.erase import erase_records
from review.erasure.files import sweep
from review.models import Record
from tests.review.exports.conftest import Freeze, data_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators"),
]

FOLDER = Path("artefacts")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def bucket(s3: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    name = f"gold-{os.urandom(4).hex()}"
    made = boto3.resource("s3", endpoint_url=s3, region_name="eu-north-1").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"}
    )
    url = f"s3://{name}/house/artefacts?endpoint_url={s3}&region_name=eu-north-1"
    settings.STORAGES = {**settings.STORAGES, "default": storage(url, FOLDER)}
    return made


@pytest.mark.slow
def test_a_version_is_frozen_into_the_bucket_and_served_from_it(
    bucket: Any, freeze: Freeze, judged: list[Record], admin: Member, api_as: Callable[..., APIClient]
) -> None:
    version = freeze()
    api, url = api_as(admin), f"/api/v1/dataset-versions/{version.pk}/"

    whole = b"".join(api.get(f"{url}rows.jsonl?format=raw"))
    part = api.get(f"{url}rows.jsonl?format=raw", HTTP_RANGE="bytes=100-149")
    zipped = api.get(f"{url}rows.jsonl?format=raw", HTTP_ACCEPT_ENCODING="zstd")
    rows, following = [], f"{url}rows/?format=raw&limit=3"
    while following:
        page = api.get(following).json()
        rows += page["results"]
        following = page["next"]

    keys = [each.key for each in bucket.objects.all()]
    assert len(keys) == 30
    assert all(key.startswith(f"house/artefacts/datasets/{version.pk}/") for key in keys)
    assert whole == data_of(version, "train", "raw")
    assert (part.status_code, b"".join(part)) == (206, whole[100:150])
    assert zipped["Content-Encoding"] == "zstd"
    assert rows == [json.loads(line) for line in whole.splitlines()]


@pytest.mark.slow
def test_a_part_is_asked_for_as_a_part(bucket: Any, freeze: Freeze, judged: list[Record]) -> None:
    file = selectors.file_of(freeze(), "train", "raw")
    assert file is not None

    with open_at(file.path, file.bytes - 10) as handle:
        tail = handle.read()

    assert len(tail) == 10
    assert tail.endswith(b"}\n")


@pytest.mark.slow
def test_erasing_leaves_no_file_with_the_person_in_the_bucket(
    bucket: Any, freeze: Freeze, judged: list[Record]
) -> None:
    version = freeze()
    before = {each.key for each in bucket.objects.all()}

    erase_records([judged[4].pk])
    sweep([version.pk])

    after = {each.key for each in bucket.objects.all()}
    assert len(after) == 30
    assert after != before
    assert not any(judged[4].title.encode() in each.get()["Body"].read() for each in bucket.objects.all())


@pytest.mark.parametrize("url", ["file:///tmp", "s3://", "s3://bucket?acl=public", "gs://bucket"])
def test_an_address_that_names_no_storage_is_refused_at_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL"):
        storage(url, FOLDER)


@pytest.mark.slow
def test_without_an_address_files_lie_in_the_folder() -> None:
    assert storage("", FOLDER)["BACKEND"].endswith("FileSystemStorage")
