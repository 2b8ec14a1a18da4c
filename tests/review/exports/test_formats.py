"""What a frozen version holds in each format, from golds judged by the desk's services."""

from __future__ import annotations

import uuid

import jsonschema
import pytest
from django.utils import timezone

from members.models import Member
from review.datasets import queries as selectors
from review.datasets.exports import FORMATS, RAW_SCHEMA, line
from review.desk import deck
from review.drafts.intake import NewDraft, add_drafts
from review.erasure.erase import erase_records
from review.models import DatasetVersion, Draft, Gold, Preference, Record, Revocation, Task
from review.spec import prompting
from tests.review.datasets import golds
from tests.review.desk import verbs
from tests.review.exports.conftest import SPLITS, Freeze, data_of, meta, rows_of

pytestmark = pytest.mark.django_db


def choose(task: Task, record: Record, member: Member, chosen: Draft | None, shown: list[Draft]) -> Preference:
    return Preference.objects.create(
        id=uuid.uuid4(), task=task, record=record, reviewer=member, chosen=chosen,
        shown=[str(each.pk) for each in shown], body_hash="0" * 64,
    )  # fmt: skip


def another_draft(task: Task, record: Record, *, variant: int, parent: Draft | None = None) -> Draft:
    version = task.versions.get()
    (made,) = add_drafts(
        version=version, drafts=[NewDraft(record_id=record.pk, fields=golds.mail(record, variant=variant))]
    )
    if parent:
        Draft.objects.filter(pk=made.pk).update(parent=parent)
    return made


def test_every_format_has_a_file_for_each_split_and_container(freeze: Freeze, judged: list[Record]) -> None:
    version = freeze()

    found = {(file.format, file.split, file.container) for file in selectors.files_of(version)}
    assert found == {(f, s, c) for f in FORMATS for s in SPLITS for c in ("jsonl", "parquet")}


def test_an_edit_is_preferred_to_what_stood_before_it(freeze: Freeze, judged: list[Record]) -> None:
    version = freeze()

    pairs = rows_of(version, "dpo")
    assert len(pairs) == version.counts["pairs"]["edit"] == 4
    for row in pairs:
        assert set(row) == {"id", "prompt", "chosen", "rejected", "meta"}
        assert row["chosen"][0]["content"].startswith("Subject: A better subject\n\n")
        assert row["rejected"][0]["content"].startswith("Subject: For ")
        assert [message["role"] for message in (*row["chosen"], *row["rejected"])] == ["assistant"] * 2


def test_kto_labels_accepts_and_edits_good_and_rejects_and_originals_bad(freeze: Freeze, judged: list[Record]) -> None:
    version = freeze()

    kinds = sorted((meta(row)["kind"], row["label"]) for row in rows_of(version, "kto"))
    assert kinds == sorted([("accept", True), ("edit", True), ("original", False), ("reject", False)] * 4)
    assert version.counts["labels"] == {"good": 8, "bad": 8}


def test_the_four_formats_tell_of_the_same_prompt_and_answer(freeze: Freeze, judged: list[Record]) -> None:
    version = freeze()

    raw = {row["id"]: row for row in rows_of(version, "raw")}
    taught = {row["id"]: row for row in rows_of(version, "sft")}
    labelled = {row["id"]: row for row in rows_of(version, "kto")}
    assert len(raw) == 12
    assert set(taught) == {pk for pk, row in raw.items() if row["decision"]["verdict"] != "reject"}
    for pk, row in taught.items():
        assert (row["prompt"], row["completion"]) == (labelled[pk]["prompt"], labelled[pk]["completion"])
        spec = Draft.objects.get(pk=pk).task_version.spec
        facts = raw[pk]["record"]["facts"]
        assert row["prompt"] == prompting.messages(spec, facts, audience="student")


def conversations(version: DatasetVersion) -> list[dict[str, object]]:
    return [{"messages": row["prompt"] + row["completion"]} for row in rows_of(version, "sft")]


def test_messages_are_the_rows_of_sft_as_one_conversation_each(freeze: Freeze, judged: list[Record]) -> None:
    version = freeze()

    rows = rows_of(version, "messages")
    assert rows == conversations(version)
    assert len(rows) == sum(version.counts["formats"]["messages"].values()) == 8
    assert {tuple(message["role"] for message in row["messages"]) for row in rows} <= {
        ("system", "user", "assistant"), ("user", "assistant"),
    }  # fmt: skip


def test_a_preference_is_a_pair_with_each_other_draft_shown(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    record = judged[0]
    best = Draft.objects.get(record=record)
    others = [another_draft(task, record, variant=variant) for variant in (3, 5)]
    preference = choose(task, record, admin, best, [others[0], best, others[1]])

    version = freeze()

    pairs = [row for row in rows_of(version, "dpo") if meta(row)["kind"] == "preference"]
    assert {row["id"] for row in pairs} == {f"{preference.pk}:{other.pk}" for other in others}
    assert {row["rejected"][0]["content"] for row in pairs} == {
        prompting.completion(best.task_version.spec, other.fields) for other in others
    }
    assert all(set(meta(row)["drafts"]) > {str(best.pk)} for row in pairs)
    assert version.counts["pairs"]["preference"] == 2


def test_a_chosen_draft_that_was_edited_brings_the_edited_text(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    best = Draft.objects.get(record=judged[1])
    other = another_draft(task, judged[1], variant=3)
    choose(task, judged[1], admin, best, [best, other])

    version = freeze()

    (pair,) = [row for row in rows_of(version, "dpo") if meta(row)["kind"] == "preference"]
    assert pair["id"].endswith(str(other.pk))
    assert pair["chosen"][0]["content"].startswith("Subject: A better subject\n\n")


def test_a_follow_up_is_no_pair_with_a_draft_that_answers_another_prompt(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    record = judged[0]
    best = Draft.objects.get(record=record)
    first, alike, other = (another_draft(task, record, variant=variant) for variant in (3, 5, 7))
    told = {"subject": "One", "body": "What the reader got before."}
    Draft.objects.filter(pk__in=[best.pk, alike.pk]).update(thread=[told])
    Draft.objects.filter(pk=other.pk).update(thread=[told, told])
    choose(task, record, admin, best, [first, best, alike, other])

    version = freeze()

    pairs = [row for row in rows_of(version, "dpo") if meta(row)["kind"] == "preference"]
    assert [meta(row)["drafts"] for row in pairs] == [sorted([str(best.pk), str(alike.pk)])]
    assert "What the reader got before." in pairs[0]["prompt"][-1]["content"]


def test_preferences_taken_back_of_none_or_of_a_draft_that_is_no_gold_prefer_nothing(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    record = judged[0]
    gold, other = Draft.objects.get(record=record), another_draft(task, record, variant=3)
    taken = choose(task, record, admin, gold, [gold, other])
    Preference.objects.create(task=task, record=record, reviewer=admin, body_hash="1" * 64, retracts=taken)
    choose(task, record, admin, None, [gold, other])
    choose(task, record, admin, other, [gold, other])

    version = freeze()

    assert "preference" not in version.counts["pairs"]
    raw = next(row for row in rows_of(version, "raw") if row["id"] == str(gold.pk))
    assert len(raw["preferences"]) == 4


def test_an_accepted_revision_is_preferred_to_the_draft_it_revises(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    parent = Draft.objects.get(record=judged[2])
    child = another_draft(task, judged[2], variant=4, parent=parent)
    golds.decide(admin, task)

    version = freeze()

    (pair,) = [row for row in rows_of(version, "dpo") if meta(row)["kind"] == "revision"]
    assert pair["id"] == f"{child.pk}:revision"
    assert pair["rejected"][0]["content"] == prompting.completion(parent.task_version.spec, parent.fields)
    raw = next(row for row in rows_of(version, "raw") if row["id"] == str(child.pk))
    assert raw["provenance"]["parent"] == str(parent.pk)


@pytest.mark.parametrize("of_a_day", [False, True], ids=["now", "as of a day"])
def test_an_accepted_revision_is_not_preferred_to_a_draft_that_was_accepted_too(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member, of_a_day: bool
) -> None:
    parent = Gold.objects.filter(verdict="accept").order_by("decided_at")[0].draft
    another_draft(task, parent.record, variant=4, parent=parent)
    golds.decide(admin, task)

    version = freeze(as_of=timezone.now()) if of_a_day else freeze()

    assert [row for row in rows_of(version, "dpo") if meta(row)["kind"] == "revision"] == []


def test_a_draft_that_was_revoked_stands_on_no_side_of_a_pair(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    best, other = Draft.objects.get(record=judged[0]), another_draft(task, judged[0], variant=3)
    choose(task, judged[0], admin, best, [best, other])
    edited = Draft.objects.get(record=judged[1])
    for draft in (other, edited):
        Revocation.objects.create(draft=draft, by=admin, reason="no consent")

    version = freeze()

    assert all(str(other.pk) not in meta(row)["drafts"] for row in rows_of(version, "dpo"))
    assert all(str(edited.pk) not in row.get("id", "") for format_ in FORMATS for row in rows_of(version, format_))


@pytest.mark.slow
def test_raw_tells_everything_said_and_follows_its_schema(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    version = freeze()

    rows = rows_of(version, "raw")
    for row in rows:
        jsonschema.validate(row, RAW_SCHEMA, format_checker=jsonschema.FormatChecker())
        assert [said["id"] for said in row["decisions"]] == [row["decision"]["id"]]
    edited = next(row for row in rows if row["decision"]["verdict"] == "edit")
    assert edited["decisions"][0]["fields"] == edited["decision"]["fields"]


def test_raw_keeps_verdicts_that_were_taken_back(freeze: Freeze, task: Task, admin: Member) -> None:
    golds.make_drafts(task, golds.make_records(task, 1))
    (card,) = deck.deal(admin, task, count=1)
    first = verbs.judge(card, by=admin, verdict="reject")
    verbs.take_back(first, card, by=admin)
    (again,) = deck.deal(admin, task, count=1)
    verbs.judge(again, by=admin)

    version = freeze()

    (row,) = rows_of(version, "raw")
    assert [said["verdict"] for said in row["decisions"]] == ["reject", "retract", "accept"]
    assert row["decisions"][1]["retracts"] == row["decisions"][0]["id"] == str(first.decision.pk)
    assert row["decision"]["verdict"] == "accept"


def test_ids_are_unique_within_a_format_and_lines_are_canonical(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    best, other = Draft.objects.get(record=judged[1]), another_draft(task, judged[1], variant=3)
    choose(task, judged[1], admin, best, [best, other])
    choose(task, judged[1], admin, best, [other, best])
    version = freeze()

    for format_ in FORMATS:
        rows = rows_of(version, format_)
        assert format_ == "messages" or len({row["id"] for row in rows}) == len(rows)
    assert data_of(version, "train", "dpo") == b"".join(map(line, _rows_of_split(version, "dpo", "train")))


@pytest.mark.slow
def test_erasing_a_person_takes_their_rows_out_of_every_format_and_container(
    freeze: Freeze, task: Task, judged: list[Record], admin: Member
) -> None:
    record = judged[4]
    best, other = Draft.objects.get(record=record), another_draft(task, record, variant=3)
    choose(task, record, admin, best, [best, other])
    version = freeze()
    assert any(record.title in str(row) for row in rows_of(version, "dpo"))

    erase_records([record.pk])

    for format_ in FORMATS:
        for container in ("jsonl", "parquet"):
            rows = rows_of(version, format_, container)
            assert record.title not in str(rows)
            assert format_ == "raw" or str(best.pk) not in str([row.get("id") for row in rows])
    assert rows_of(version, "messages") == conversations(version)
    for row in rows_of(version, "raw"):
        jsonschema.validate(row, RAW_SCHEMA)


def _rows_of_split(version: DatasetVersion, format_: str, split: str) -> list[dict[str, object]]:
    return [row for row in rows_of(version, format_) if meta(row)["split"] == split]
