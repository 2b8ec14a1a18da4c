"""The text index keeps up with drafts, on whichever database."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from members.models import Member
from review.db import text_index
from review.drafts import search_index
from review.erasure.erase import erase_records
from review.models import Draft, SearchBacklog, SearchText, Task
from review.text.search import query
from tests.review import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=8)


def found(line: str) -> list[str]:
    texts = SearchText.objects.filter(words__matches=query.parse(line)).order_by("id")
    return list(texts.values_list("draft__record__title", flat=True))


def test_drafts_of_a_small_batch_are_found_at_once(task: Task) -> None:
    assert "Lund Works 1" in found("lund")
    assert len(found("thursday")) == 8


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("THURSDAY", 8),
        ('"short call on thursday"', 8),
        ('"call short"', 0),
        ("works -aarhus", 6),
        ("thurs*", 8),
        ("thurs", 0),
        ("cold logistics", 8),  # a fact that no text repeats
        ('\'; DROP TABLE "x" (* NEAR/ & | ! <-> :*', 0),
    ],
)
def test_a_query_finds_the_same_on_both_databases(task: Task, line: str, count: int) -> None:
    assert len(found(line)) == count


def test_accents_case_and_scripts_without_blanks_are_found(task: Task) -> None:
    records = factories.make_records(factories.make_source(task, name="Far"), 3)
    factories.make_drafts(
        task, records, fields=[
            {"subject": "Größe und Café", "body": "Ein Angebot für Müller."},
            {"subject": "お問い合わせ", "body": "東京の新しい倉庫について。"},
            {"subject": "คลังใหม่", "body": "เปิดคลังสินค้าใหม่ในเดือนหน้า"},
        ],
    )  # fmt: skip

    assert len(found("muller cafe")) == 1
    assert len(found("MÜLLER")) == 1
    assert len(found("倉庫")) == 1
    assert len(found("庫倉")) == 0
    assert len(found("สินค้า")) == 1


def test_a_large_batch_waits_and_is_indexed_by_the_worker(task: Task) -> None:
    records = factories.make_records(factories.make_source(task, name="Many"), search_index.AT_ONCE + 1)
    factories.make_drafts(task, records)
    waiting = SearchBacklog.objects.count()

    indexed = search_index.catch_up()

    assert waiting == 1
    assert indexed == len(records)
    assert not SearchBacklog.objects.exists()
    assert SearchText.objects.count() == Draft.objects.count()


def test_catching_up_twice_changes_nothing(task: Task) -> None:
    search_index.defer(list(Draft.objects.values_list("pk", flat=True)))

    assert search_index.catch_up() == 0
    assert SearchText.objects.count() == 8


def test_reindexing_finds_what_was_lost_and_check_says_so(task: Task) -> None:
    SearchText.objects.filter(draft__in=list(Draft.objects.values_list("pk", flat=True)[:3])).delete()

    with pytest.raises(CommandError, match="3 drafts are not in the text index"):
        call_command("reindex_drafts", "--check")
    call_command("reindex_drafts", stdout=(said := io.StringIO()))
    call_command("reindex_drafts", "--check", stdout=io.StringIO())

    assert said.getvalue() == "3 drafts indexed.\n"
    assert len(found("thursday")) == 8


def test_making_the_whole_index_anew_finds_the_same(task: Task) -> None:
    call_command("reindex_drafts", "--all", stdout=io.StringIO())

    assert len(found("thursday")) == 8
    assert found("aarhus") != []


def test_what_is_erased_is_not_found_and_leaves_the_file(task: Task) -> None:
    records = factories.make_records(factories.make_source(task, name="Gone"), 1)
    draft = factories.make_drafts(task, records, fields=[{"subject": "Hi", "body": "For Mx Quillfeather alone."}])[0]
    known = found("quillfeather")

    erase_records([draft.record_id])

    assert known != []
    assert found("quillfeather") == []
    assert not SearchText.objects.filter(draft=draft).exists()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM review_searchfts_data WHERE instr(block, CAST('quillfeather' AS BLOB)) > 0"
            )
            assert cursor.fetchone()[0] == 0


def test_an_erased_draft_is_not_indexed_again(task: Task) -> None:
    draft = Draft.objects.first()
    erase_records([draft.record_id])

    search_index.defer([draft.pk])
    search_index.catch_up()

    assert not SearchText.objects.filter(draft=draft).exists()


def test_a_missing_part_of_the_index_is_named_and_put_back(db: None) -> None:
    part = f"INDEX {text_index.GIN}" if connection.vendor == "postgresql" else f"TRIGGER {text_index.ROWS}_indexed"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP {part}")

    assert text_index.missing() == [part.split()[1]]
    text_index.install()
    assert text_index.missing() == []


@pytest.mark.slow
def test_a_text_of_a_megabyte_is_indexed_by_its_beginning(task: Task) -> None:
    records = factories.make_records(factories.make_source(task, name="Long"), 1)
    factories.make_drafts(task, records, fields=[{"subject": "Long", "body": "zebra " + "word" * 400_000 + " giraffe"}])

    assert len(found("zebra")) == 1
    assert len(found("giraffe")) == 0
