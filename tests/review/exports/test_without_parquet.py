"""A host without Parquet's library: what works there, and what each refusal says to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest
from django.test import Client
from django.urls import reverse
from pyarrow import parquet

from members.models import Member
from review.datasets import hub_push
from review.datasets import queries as selectors
from review.datasets.files import file_or_404
from review.erasure.erase import erase_records
from review.models import DatasetFile, DatasetVersion, Record
from review.sources.imports.tables import open_table
from tests.review.exports.conftest import Freeze, rows_of
from web.errors import Refusal

EXTRA = "pip install 'miniatures[parquet]'"


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in this table is how Python is told that there is no such module.
    monkeypatch.setitem(sys.modules, "pyarrow", None)


@pytest.fixture
def version(no_library: None, freeze: Freeze, judged: list[Record]) -> DatasetVersion:
    return freeze()


@pytest.mark.slow
@pytest.mark.django_db
def test_a_version_is_frozen_with_the_canonical_files_alone_and_has_the_same_hash(
    freeze: Freeze, judged: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = freeze()
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    lean = freeze("Lean")

    assert {file.container for file in selectors.files_of(whole)} == {"jsonl", "parquet"}
    assert {file.container for file in selectors.files_of(lean)} == {"jsonl"}
    assert rows_of(lean, "dpo") == rows_of(whole, "dpo") != []
    assert lean.content_hash == whole.content_hash


@pytest.mark.django_db
def test_its_page_offers_no_parquet_and_says_why(version: DatasetVersion, client: Client, admin: Member) -> None:
    client.force_login(admin)

    page = client.get(reverse("review:dataset-export", args=[version.dataset.slug, version.number])).content.decode()

    assert "frozen on a host without Parquet" in page
    assert "rows.parquet" not in page
    assert page.count(">JSONL</a>") == len(selectors.files_of(version))


@pytest.mark.django_db
def test_asking_for_its_parquet_file_names_the_extra(version: DatasetVersion) -> None:
    with pytest.raises(Refusal) as refusal:
        file_or_404(version, "train", "sft", "parquet")

    assert (refusal.value.code, refusal.value.status) == ("no_such_file", 409)
    assert EXTRA in refusal.value.hint


@pytest.mark.django_db
def test_it_is_not_sent_to_a_hub_and_nothing_is_ordered(version: DatasetVersion, admin: Member) -> None:
    with pytest.raises(Refusal) as refusal:
        hub_push.push(version, to="acme/gold", by=admin)

    assert refusal.value.code == "no_such_file"
    assert EXTRA in refusal.value.hint


@pytest.mark.django_db
def test_nobody_is_erased_by_half_where_a_version_has_parquet_files(
    freeze: Freeze, judged: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = freeze()
    files = list(DatasetFile.objects.filter(version=version).order_by("pk").values("path", "sha256"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(Refusal) as refusal:
        erase_records([judged[0].pk])

    assert refusal.value.code == "no_parquet"
    assert EXTRA in refusal.value.hint
    assert list(DatasetFile.objects.filter(version=version).order_by("pk").values("path", "sha256")) == files
    judged[0].refresh_from_db()
    assert judged[0].facts


@pytest.mark.django_db
def test_erasing_from_a_version_without_parquet_files_needs_no_library(
    version: DatasetVersion, judged: list[Record]
) -> None:
    erased = erase_records([judged[0].pk])

    assert erased.versions == (version.pk,)


def test_importing_a_parquet_file_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"company": ["Acme"]}), path)
    (tmp_path / "pyarrow.py").write_text("raise ModuleNotFoundError('No module named pyarrow', name='pyarrow')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(Refusal) as refusal:
        open_table(path)

    assert refusal.value.code == "no_parquet"
    assert EXTRA in refusal.value.hint
