"""Drafts that name their records: the one whose name is written the same, else one alike, told; never another."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.test import Client

from members.models import Member
from review.models import Draft, Record, Task
from review.sources.imports import import_drafts, import_records, read_preview, uploads
from review.sources.imports.record_names import NameMatch, match_key
from review.sources.imports.verdicts import import_decisions, read_judged_preview
from review.spec.splits import normal_group
from review.spec.starters import outreach
from review.states import SourceKind
from web.errors import Refusal

BODY = "Hi {{contact.first_name}}, " + "a word about your works " * 6 + "Shall we talk?"
# Names that the split ties together, each a record of its own.
APART = [
    ("C++", "C#", "C"),
    ("Rh+ Labs", "Rh Labs"),
    ("O-", "O+", "O"),
    ("A*", "A"),
    ("@home", "home"),
    ("Yahoo!", "Yahoo"),
    ("$MART", "MART"),
    ("\u0915\u093f", "\u0915\u093e", "\u0915\u0941"),
    ("\u0e01\u0e48\u0e32", "\u0e01\u0e49\u0e32", "\u0e01\u0e32"),
    ("\u0ba4\u0bbf", "\u0ba4\u0bc0"),
    ("\u05e9\u05c1\u05dc", "\u05e9\u05c2\u05dc", "\u05e9\u05dc"),
    ("\u0643\u064e\u062a", "\u0643\u064f\u062a"),
    ("\U0001f34e Labs", "\U0001f34f Labs"),
]


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def records(task: Task, admin: Member, folder: Path, *names: str) -> None:
    import_records(task, table(folder / "records.csv", [{"company": name, "sector": "x"} for name in names]), by=admin)


def drafts(folder: Path, *names: str) -> Path:
    return table(folder / "d.csv", [{"company": name, "subject": f"To {name}", "body": BODY} for name in names])


@pytest.mark.parametrize("names", APART, ids=lambda names: names[0])
def test_names_that_differ_in_a_sign_or_a_mark_have_keys_of_their_own(names: tuple[str, ...]) -> None:
    assert len({match_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("first", "second"),
    [("ACME", "Acme Ltd."), ("Acme-Works", "Acme Works"), ("O\u2019Neil & Co", "O'Neil"), ("Cafe\u0301", "Caf\u00e9"),
        ("a/b  (c)", "A B C")],
)  # fmt: skip
def test_names_that_differ_in_common_punctuation_share_a_key_and_a_side(first: str, second: str) -> None:
    assert match_key(first) == match_key(second)
    assert normal_group(first) == normal_group(second)


@pytest.mark.django_db
@pytest.mark.parametrize("names", APART[:1] + APART[7:9], ids=lambda names: names[0])
def test_each_draft_hangs_on_the_record_of_its_own_name(
    names: tuple[str, ...], task: Task, admin: Member, tmp_path: Path
) -> None:
    *stored, missing = names
    records(task, admin, tmp_path, *stored)

    result = import_drafts(task, drafts(tmp_path, *stored), by=admin)
    with pytest.raises(Refusal) as refused:
        import_drafts(task, drafts(tmp_path, missing), by=admin)

    told = {draft.fields["subject"]: draft.record.facts["company"] for draft in Draft.objects.select_related("record")}
    assert told == {f"To {name}": name for name in stored}
    assert result.alike == ()
    assert refused.value.errors["row 2"][0].startswith(f"no record is called '{missing}'")


@pytest.mark.django_db
def test_the_exact_name_goes_first_and_what_is_alike_is_told_before_and_after(
    task: Task, admin: Member, tmp_path: Path
) -> None:
    records(task, admin, tmp_path, "Acme Ltd", "ACME", "Bolt  Works", "42")
    path = drafts(tmp_path, "ACME", "bolt-works", "42")

    preview = read_preview(path, spec=outreach.SPEC, kind=SourceKind.DRAFTS, task=task)
    result = import_drafts(task, path, by=admin)

    assert preview.alike == result.alike == (NameMatch(3, "bolt-works", "Bolt Works"),)
    assert (preview.rows_total, preview.rows_bad) == (3, 0)
    assert Draft.objects.get(fields__subject="To ACME").record.facts["company"] == "ACME"
    assert Record.objects.count() == 4


@pytest.mark.django_db
def test_a_name_that_is_like_two_is_refused_with_both_in_preview_and_import(
    task: Task, admin: Member, tmp_path: Path
) -> None:
    records(task, admin, tmp_path, "Acme Ltd", "ACME")
    path = drafts(tmp_path, "acme", "Nobody")

    preview = read_preview(path, spec=outreach.SPEC, kind=SourceKind.DRAFTS, task=task)
    with pytest.raises(Refusal) as refused:
        import_drafts(task, path, by=admin)

    assert preview.errors[0].reason == (
        "'acme' may mean any of 2 records: 'ACME', 'Acme Ltd'; write the name as its record has it"
    )
    assert [f"row {error.row}" for error in preview.errors] == list(refused.value.errors) == ["row 2", "row 3"]
    assert not Draft.objects.exists()


@pytest.mark.django_db
def test_verdicts_find_the_records_of_their_drafts_in_the_same_way(task: Task, admin: Member, tmp_path: Path) -> None:
    records(task, admin, tmp_path, "C++", "C#", "Bolt")
    rows = [
        {"company": name, "subject": "Hi", "body": BODY, "verdict": "accept", "reviewer": "Ann"}
        for name in ("C#", "BOLT", "C")
    ]
    path, mended = table(tmp_path / "v.csv", rows), table(tmp_path / "w.csv", rows[:2])

    seen = read_judged_preview(path, spec=outreach.SPEC, task=task)
    result = import_decisions(task, mended, by=admin)

    assert (seen.good, seen.preview.rows_bad, seen.preview.alike) == (2, 1, (NameMatch(3, "BOLT", "Bolt"),))
    assert result.alike == seen.preview.alike
    assert {draft.record.facts["company"] for draft in Draft.objects.select_related("record")} == {"C#", "Bolt"}


@pytest.mark.django_db
def test_the_page_lists_what_each_name_found(task: Task, admin: Member, tmp_path: Path, as_member) -> None:
    records(task, admin, tmp_path, "Bolt Ltd")
    name = uploads.keep_upload([drafts(tmp_path, "BOLT").read_bytes()])
    client: Client = as_member(admin)

    page = client.get(f"/tasks/{task.slug}/sources/import/{name}/?{urlencode({'kind': 'drafts', 'filename': 'd.csv'})}")

    assert "named BOLT → record Bolt Ltd" in page.content.decode()


def test_an_upload_stays_when_another_request_drops_the_same_bytes() -> None:
    mine, theirs = uploads.keep_upload([b"a,b"]), uploads.keep_upload([b"a,b"])

    uploads.drop_upload(theirs)

    assert uploads.path_of(mine).read_bytes() == b"a,b"
