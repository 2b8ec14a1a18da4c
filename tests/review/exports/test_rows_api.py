"""The files of a version over HTTP: whole, in part, compressed, page by page."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from rest_framework.test import APIClient

from members.models import Member
from review.datasets import freezing
from review.datasets import queries as selectors
from review.erasure.erase import erase_records
from review.models import DatasetFile, DatasetVersion, Record, Task
from tests.review.exports.conftest import Freeze, data_of, frozen

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators"),
]
ApiAs = Callable[..., APIClient]


@pytest.fixture(scope="module")
def frozen_once(is_shared: bool) -> DatasetVersion:
    assert is_shared
    task = Task.objects.get()
    return frozen(freezing.create(task, name="Gold", by=task.created_by), by=task.created_by)


@pytest.fixture
def version(frozen_once: DatasetVersion, judged: list[Record]) -> DatasetVersion:
    return DatasetVersion.objects.get(pk=frozen_once.pk)


@pytest.fixture
def api(admin: Member, api_as: ApiAs) -> APIClient:
    return api_as(admin, scopes=("datasets",))


def address(version: DatasetVersion, name: str = "rows.jsonl", **query: Any) -> str:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return f"/api/v1/dataset-versions/{version.pk}/{name}?{asked}"


def unzipped(encoding: str, body: bytes) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def test_whoever_downloads_rows_finds_them(api: APIClient, version: DatasetVersion) -> None:
    [dataset] = api.get("/api/v1/datasets/").json()["results"]
    [found] = api.get(f"/api/v1/datasets/{dataset['slug']}/versions/").json()["results"]

    assert found["id"] == str(version.pk)
    assert api.get(f"/api/v1/dataset-versions/{found['id']}/").json()["counts"]["sft_splits"]["train"]
    assert api.get("/api/v1/tasks/").status_code == 403


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("format_", ["sft", "dpo", "kto", "raw", "messages"])
def test_each_format_comes_as_it_was_frozen_under_its_hash(
    api: APIClient, version: DatasetVersion, format_: str
) -> None:
    answer = api.get(address(version, split="train", format=format_))

    file = selectors.file_of(version, "train", format_)
    assert file is not None
    assert b"".join(answer) == data_of(version, "train", format_)
    assert (answer["ETag"], answer["Content-Length"]) == (f'"{file.sha256}"', str(file.bytes))
    assert "Accept-Encoding" in answer["Vary"]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("asked", "encoding"),
    [
        ("gzip, deflate", "gzip"), ("gzip, deflate, br, zstd", "zstd"), ("zstd;q=0.5, gzip", "gzip"), ("*", "zstd"),
        ("gzip;q=0", ""), ("identity", ""), ("br", ""), ("gzip;q=x", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_client_gets_the_encoding_it_likes_best(
    api: APIClient, version: DatasetVersion, asked: str, encoding: str
) -> None:
    answer = api.get(address(version), HTTP_ACCEPT_ENCODING=asked)

    body, file = b"".join(answer), selectors.file_of(version, "train", "sft")
    assert file is not None
    assert answer.get("Content-Encoding", "") == encoding
    assert (unzipped(encoding, body) if encoding else body) == data_of(version, "train", "sft")
    if encoding:
        assert answer["ETag"] == f'W/"{file.sha256}-{encoding}"'
        assert "Content-Length" not in answer
        assert "Accept-Ranges" not in answer


def test_a_known_tag_is_answered_without_the_file_by_each_encoding_of_its_own(
    api: APIClient, version: DatasetVersion
) -> None:
    plain, zipped = api.get(address(version)), api.get(address(version), HTTP_ACCEPT_ENCODING="gzip")

    def again(tag: str, **headers: str) -> int:
        return api.get(address(version), HTTP_IF_NONE_MATCH=tag, **headers).status_code

    assert again(plain["ETag"]) == 304
    assert again(f'"other", {plain["ETag"]}') == 304
    assert again(zipped["ETag"], HTTP_ACCEPT_ENCODING="gzip") == 304
    assert again(plain["ETag"], HTTP_ACCEPT_ENCODING="gzip") == 200
    assert again('"other"') == 200


def test_who_names_other_bytes_than_the_files_gets_none(api: APIClient, version: DatasetVersion) -> None:
    whole, tag = data_of(version, "train", "sft"), api.get(address(version))["ETag"]

    other = api.get(address(version), HTTP_IF_MATCH='"other"', HTTP_RANGE="bytes=10-19")
    same = api.get(address(version), HTTP_IF_MATCH=f'"other", {tag}', HTTP_ACCEPT_ENCODING="gzip")

    assert (other.status_code, other.json()["code"]) == (412, "another_file")
    assert (same.status_code, b"".join(same)) == (200, whole)
    assert api.get(address(version), HTTP_IF_MATCH="*").status_code == 200


def test_a_range_is_of_the_stored_bytes_whatever_encoding_is_liked(api: APIClient, version: DatasetVersion) -> None:
    answer = api.get(address(version), HTTP_RANGE="bytes=10-19", HTTP_ACCEPT_ENCODING="gzip, zstd")

    whole = data_of(version, "train", "sft")
    assert (answer.status_code, b"".join(answer)) == (206, whole[10:20])
    assert answer["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert "Content-Encoding" not in answer


def test_a_range_past_the_end_is_refused_with_the_size(api: APIClient, version: DatasetVersion) -> None:
    answer = api.get(address(version), HTTP_RANGE="bytes=99999999-")

    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(data_of(version, 'train', 'sft'))}")


def test_parquet_comes_with_its_own_hash_and_opens(api: APIClient, version: DatasetVersion) -> None:
    answer = api.get(address(version, "rows.parquet", format="dpo"), HTTP_ACCEPT_ENCODING="gzip")

    body, file = b"".join(answer), selectors.file_of(version, "train", "dpo", "parquet")
    assert file is not None
    assert (answer["ETag"], answer["Content-Type"]) == (f'"{file.sha256}"', "application/vnd.apache.parquet")
    assert pq.read_table(io.BytesIO(body)).column_names == ["id", "prompt", "chosen", "rejected", "meta"]


def test_pages_walk_every_row_once_in_the_order_of_the_file(api: APIClient, version: DatasetVersion) -> None:
    wanted = [json.loads(line) for line in data_of(version, "train", "raw").splitlines()]
    found, url = [], address(version, "rows/", split="train", format="raw", limit=2)
    while url:
        page = api.get(url).json()
        found += page["results"]
        assert len(page["results"]) <= 2
        url = page["next"]

    assert found == wanted


@pytest.mark.parametrize("limit", [1, 500])
def test_an_empty_file_is_an_empty_page(
    api: APIClient, task: Task, freeze: Freeze, judged: list[Record], limit: int
) -> None:
    version = freeze(verdicts=["reject"])

    page = api.get(address(version, "rows/", format="sft", limit=limit)).json()

    assert page == {"next": None, "results": []}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("query", "status"), [
    ({"limit": 0}, 400), ({"limit": 501}, 400), ({"limit": "x"}, 400), ({"cursor": "!!"}, 400),
    ({"cursor": "YWJj"}, 400), ({"split": "dev"}, 400), ({"format": "xml"}, 400),
])  # fmt: skip
def test_a_page_asked_for_wrongly_says_what_is_wrong(
    api: APIClient, version: DatasetVersion, query: dict[str, Any], status: int
) -> None:
    answer = api.get(address(version, "rows/", **query))

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_a_cursor_into_the_middle_of_a_row_is_refused(api: APIClient, version: DatasetVersion) -> None:
    file = selectors.file_of(version, "train", "sft")
    assert file is not None
    cursor = base64.urlsafe_b64encode(f"{file.sha256[:16]}:7".encode()).decode()

    answer = api.get(address(version, "rows/", cursor=cursor))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


@pytest.mark.slow
def test_a_cursor_of_another_file_or_of_before_an_erasure_is_refused(
    api: APIClient, version: DatasetVersion, judged: list[Record]
) -> None:
    following = api.get(address(version, "rows/", format="raw", limit=1)).json()["next"]
    of_another = api.get(following.replace("format=raw", "format=sft"))
    train = next(record for record in judged if record.split == "train")

    erase_records([train.pk])

    assert (of_another.status_code, of_another.json()["code"]) == (409, "file_changed")
    assert api.get(following).status_code == 409


def test_a_version_frozen_before_a_format_existed_says_so(api: APIClient, task: Task, admin: Member) -> None:
    from django.utils import timezone

    from review.models import Dataset

    dataset = Dataset.objects.create(task=task, slug="old", name="Old", created_by=admin)
    old = DatasetVersion.objects.create(dataset=dataset, number=1, frozen_at=timezone.now(), created_by=admin)

    answer = api.get(address(old, format="dpo"))

    assert not DatasetFile.objects.filter(version=old).exists()
    assert (answer.status_code, answer.json()["code"]) == (409, "no_such_file")


@pytest.mark.slow
def test_the_audit_trail_says_who_took_a_file_once_a_download(
    api: APIClient, version: DatasetVersion, admin: Member
) -> None:
    from audit.models import AuditRow

    b"".join(api.get(address(version, format="kto")))
    b"".join(api.get(address(version, format="kto"), HTTP_RANGE="bytes=10-"))

    (row,) = AuditRow.objects.filter(act="dataset_downloaded")
    assert (row.actor, row.subject_id) == (str(admin.pk), str(version.pk))
    assert row.detail == {"format": "kto", "split": "train", "container": "jsonl"}


def test_a_look_at_the_headers_of_a_file_takes_none(api: APIClient, version: DatasetVersion) -> None:
    from audit.models import AuditRow

    looks = [api.head(address(version)), api.head(address(version), HTTP_RANGE="bytes=10-")]

    assert [answer.status_code for answer in looks] == [200, 206]
    assert not AuditRow.objects.filter(act__in=["dataset_downloaded", "file_downloaded"]).exists()


def test_a_file_taken_without_its_begin_is_in_the_trail(api: APIClient, version: DatasetVersion, admin: Member) -> None:
    from audit.models import AuditRow

    part = b"".join(api.get(address(version, format="kto"), HTTP_RANGE="bytes=1-"))
    b"".join(api.get(address(version, format="kto"), HTTP_RANGE="bytes=10-"))

    assert part == data_of(version, "train", "kto")[1:]
    (row,) = AuditRow.objects.filter(act="dataset_downloaded")
    assert (row.actor, row.subject_id) == (str(admin.pk), str(version.pk))


def test_a_range_of_thousands_of_digits_is_none(api: APIClient, version: DatasetVersion) -> None:
    answer = api.get(address(version), HTTP_RANGE=f"bytes={'9' * 5000}-")

    assert (answer.status_code, b"".join(answer)) == (200, data_of(version, "train", "sft"))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("name", "form"), [("rows.jsonl", "application/x-ndjson"), ("rows.parquet", "application/vnd.apache.parquet")]
)
def test_a_client_may_ask_for_the_form_that_the_schema_declares(
    version: DatasetVersion, api: APIClient, name: str, form: str
) -> None:
    whole = api.get(address(version, name, split="train", format="sft"), headers={"accept": form})
    nowhere = api.get(address(version, name, split="nowhere"), headers={"accept": form})
    other = api.get(address(version, name, split="train", format="sft"), headers={"accept": "text/csv"})

    assert (whole.status_code, whole["Content-Type"].partition(";")[0]) == (200, form)
    assert (nowhere.status_code, nowhere["Content-Type"]) == (400, "application/problem+json")
    assert other.status_code == 406
