"""The bytes of frozen files: what is written today is what was written yesterday, to the byte, in every format."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from review.datasets.containers import parquet_of
from review.datasets.exports import FORMATS, DraftHistory, JudgedDraft, RejectedText, line, raw_row, rows
from review.datasets.write_version import VersionFiles, content_hash
from review.spec.prompting import canonical_json
from review.spec.task_spec import TaskSpec

# Of the golds below. A change here breaks every version that anybody froze: add a format instead.
CONTENT_HASH = "1f71d71b8ab2d9c40aeacb74bfc242151ab749489b94e0029fedd560eecce86b"
HARD = 'Größe "12" \\ / </script>\t\x0b\x7f\u2028 日本 😀'

SPEC = TaskSpec.model_validate(
    {
        "instruction": "Write a mail.",
        "offer": {"seller": "Größe Ltd", "product": "P", "claims": ["a", "b"], "forbidden_phrases": ["x", "y"]},
        "guideline": "Be short.",
        "rubric": [{"name": "tone", "description": "calm"}, {"name": "facts"}],
        "input_schema": [
            {"name": "company", "role": "group"}, {"name": "size", "type": "number"},
            {"name": "sector", "type": "list"}, {"name": "city"}, {"name": "trigger", "type": "boolean"},
            {"name": "role"},
        ],
        "output_schema": [{"name": "subject", "role": "subject"}, {"name": "body", "role": "body"}],
        "slots": ["contact.first_name"],
        "teacher_template": "{{instruction}}",
        "student_template": (
            "{{instruction}} {{language}} {{guideline}}\n{{rubric}}\n{{output_format}}\n{{offer}}\n{{offer.claims}} "
            "{{offer.forbidden_phrases}} {{offer.seller}} {{offer.tone}}\n=== user ===\n"
            "{{facts}} {{fact.role}} {{ fact.sector }}"
        ),
    }
)  # fmt: skip


def gold(number: int, *, split: str = "train", verdict: str = "accept", **more: Any) -> JudgedDraft:
    id = f"00000000-0000-0000-0000-{number:012}"
    said = {
        "id": f"d{number}", "verdict": verdict, "fields": None, "reasons": ["tone"], "ratings": {"b": 2, "a": 1.5},
        "reviewer": "Ænne", "seconds": 1e-05 * number, "at": "2026-01-02T03:04:05+00:00", "note": HARD, "late": False,
        "retracts": None, "bulk": None, "imported_from": None, "edit_size": 0.1 + 0.2, "edit_kinds": [],
    }  # fmt: skip
    values: dict[str, Any] = {
        "id": id, "task": "mails", "task_version": 3, "spec": SPEC, "split": split,
        "record_id": f"r{number}", "group": HARD, "facts": facts(number),
        "draft": {"subject": f"For {number}", "body": f"Hi {{{{contact.first_name}}}},\n\n{HARD} end"},
        "decision_id": f"d{number}", "verdict": verdict, "fields": None, "reasons": ["tone"],
        "ratings": {"b": 2, "a": 1.5}, "reviewer": "Ænne", "seconds": 1e16 + number, "decided_at": said["at"],
        "origin": "generated", "note": "", "teacher": "offline:x", "model": "x", "prompt_hash": "0" * 64,
        "call_id": None, "round": 1, "history": DraftHistory(decisions=[said]),
    }  # fmt: skip
    return JudgedDraft(**{**values, **more})


def facts(number: int) -> dict[str, Any]:
    return {
        "company": f"Firma {HARD} {number}", "size": 5.0 * number, "sector": ["a", "b  c", None], "city": None,
        "trigger": True, "unknown": {"z": 1, "a": [1e-07, -0.0]}, "role": " two \n lines ",
    }  # fmt: skip


def some() -> list[JudgedDraft]:
    before = {"subject": "Worse", "body": HARD}
    edited = {"subject": "Better", "body": f"{HARD}\n\nBye"}
    return [
        gold(1),
        gold(2, verdict="edit", fields=edited, worse=(RejectedText("w2", "edit", "c2", before, "d2", "Ænne"),)),
        gold(3, verdict="reject", split="test"),
        gold(4, verdict="edit", fields=edited, is_bulk=True, split="validation"),
        gold(
            5,
            worse=(
                RejectedText("w5", "preference", "c5", before, "d5", "b"),
                RejectedText("v5", "revision", "c6", before, "d", "b"),
            ),
        ),
    ]


def written(folder: Path) -> tuple[VersionFiles, list[str]]:
    files = VersionFiles(folder)
    hashes = [files.add(one) for one in some()]
    files.closed()
    return files, hashes


def test_the_same_golds_give_the_same_content_hash_in_every_release(tmp_path: Path) -> None:
    files, _ = written(tmp_path)

    facts_of_files = [
        {"format": f.format, "split": f.split, "container": f.container, "sha256": f.sha256, "rows": f.rows}
        for f in files.closed()
    ]
    assert content_hash(facts_of_files) == CONTENT_HASH


def test_every_line_is_the_canonical_json_of_its_row(tmp_path: Path) -> None:
    files, _ = written(tmp_path)

    for (format_, split), file in files.jsonl.items():
        expected = [row for one in some() if one.split == split for row in rows(one)[format_]]
        assert file.local.read_text(encoding="utf-8").split("\n")[:-1] == [canonical_json(row) for row in expected]


def test_the_hash_of_a_row_is_of_its_first_line_in_sft_or_else_in_raw(tmp_path: Path) -> None:
    _, hashes = written(tmp_path)

    lines = [line(rows(one)["sft"][0] if one.is_positive else raw_row(one)) for one in some()]
    assert hashes == [hashlib.sha256(each).hexdigest() for each in lines]


def test_parquet_holds_the_rows_of_the_lines_whichever_way_it_was_made(tmp_path: Path) -> None:
    files, _ = written(tmp_path)
    again = tmp_path / "again"
    again.mkdir()

    for (format_, split), file in files.jsonl.items():
        lines = file.local.read_bytes().splitlines(keepends=True)
        table = pq.read_table(files.parquet[format_, split].local)
        assert table.equals(pq.read_table(parquet_of(lines, again, split, format_).local))
        for row, told in zip(table.to_pylist(), map(json.loads, lines), strict=True):
            assert row == dict.fromkeys(row) | {
                k: canonical_json(v) if format_ == "raw" and isinstance(v, (dict, list)) else v for k, v in told.items()
            }
    assert sum(file.rows for file in files.parquet.values()) == sum(file.rows for file in files.jsonl.values())
    assert {format_ for format_, _ in files.parquet} == set(FORMATS)


def test_a_follow_up_teaches_its_thread_and_a_first_mail_nothing_of_one() -> None:
    sent = {"subject": "A question", "body": "Hi {{contact.first_name|there}}, shall we talk?"}

    [first], [second] = rows(gold(1))["sft"], rows(gold(1, thread=[sent]))["sft"]

    asked, asked_again = first["prompt"][-1]["content"], second["prompt"][-1]["content"]
    assert asked_again.startswith(asked)
    assert "has not answered" not in asked
    assert "Mail 1\nSubject: A question\n\nHi {{contact.first_name|there}}, shall we talk?" in asked_again
    assert asked_again.split("\n\n")[-1].startswith("Write mail 2 of this thread")
    assert second["prompt"][:-1] == first["prompt"][:-1]
