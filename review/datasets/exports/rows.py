"""Rows of one gold in each export format. Pure Python: no tables, no files.

`sft`, `dpo`, `kto` and `messages` are what TRL and `datasets.load_dataset("json")` read as they are; `raw` follows
`RAW_SCHEMA`. `messages` has the rows of `sft`, line by line, as OpenAI's fine-tuning takes them.
"""

from __future__ import annotations

import json
from typing import Any

from review.datasets.exports.schema import JudgedDraft, RejectedText
from review.spec import prompting
from review.spec.prompting import Message, canonical_json
from review.text.grounding import quoting

Row = dict[str, Any]
FORMATS = ("sft", "dpo", "kto", "raw", "messages")
# The file of drafts that nobody judged. It is no format: nothing that lists, serves or sends formats knows it.
UNJUDGED = "unjudged"
# What is said of a person's verdict, which such a draft has none of.
_OF_VERDICTS = frozenset({"decision", "reviewer"})


def rows(gold: JudgedDraft) -> dict[str, list[Row]]:
    """The rows of a gold by format; a format that it gives nothing for has none.

    Prompt and answer are rendered once for all formats, and are the same objects in all rows.
    """
    prompt = prompting.messages(gold.taught, gold.facts, audience="student", thread=gold.thread)
    answer = _answer(gold.text)
    sft = _sft(gold, prompt, answer) if gold.is_positive else []
    return {
        "sft": sft,
        "dpo": _dpo(gold, prompt, answer),
        "kto": _kto(gold, prompt, answer),
        "raw": [raw_row(gold)],
        "messages": [{"messages": [*prompt, *answer]}] * len(sft),
    }


def drafts_of(row: Row) -> set[str]:
    """Ids of the drafts whose text a row holds; a row of `messages` tells none."""
    meta = json.loads(row["meta"]) if "meta" in row else {}
    return set(meta.get("drafts", [])) or {str(row["id"]).partition(":")[0]}


def line(row: Row) -> bytes:
    """One canonical JSONL line: sorted keys, no blanks, raw UTF-8."""
    return (prompting.canonical_json(row) + "\n").encode()


def raw_row(gold: JudgedDraft) -> Row:
    """Everything known of the gold, by `RAW_SCHEMA`."""
    return {
        "id": gold.id,
        "task": gold.task,
        "task_version": gold.task_version,
        "split": gold.split,
        "record": {"id": gold.record_id, "group": gold.group, "facts": gold.facts},
        "draft": gold.draft,
        "decision": {
            **_quotes(gold),
            **({"judge": gold.judge} if gold.is_machine else {}),
            "id": gold.decision_id,
            "verdict": gold.verdict,
            "fields": gold.fields,
            "reasons": gold.reasons,
            "ratings": gold.ratings,
            "reviewer": gold.reviewer,
            "seconds": gold.seconds,
            "at": gold.decided_at,
        },
        "decisions": gold.history.decisions,
        "rulings": gold.history.rulings,
        "preferences": gold.history.preferences,
        "provenance": {
            "origin": gold.origin,
            "note": gold.note,
            "teacher": gold.teacher,
            "model": gold.model,
            "prompt_hash": gold.prompt_hash,
            "call": gold.call_id,
            "round": gold.round,
            "parent": gold.parent_id,
        },
        **({"comments": gold.history.comments} if gold.history.comments else {}),
        **({"outcomes": list(gold.outcomes)} if gold.outcomes else {}),
    }


def unjudged_row(draft: JudgedDraft) -> Row:
    """A draft that nobody judged, as the teacher wrote it; its `meta` says so."""
    meta = {name: value for name, value in json.loads(_meta(draft, unjudged=True)).items() if name not in _OF_VERDICTS}
    return {
        "id": draft.id,
        "prompt": prompting.messages(draft.taught, draft.facts, audience="student", thread=draft.thread),
        "completion": _answer(draft.text),
        "meta": canonical_json(meta),
    }


def _quotes(gold: JudgedDraft) -> Row:
    schema = gold.spec.output_schema
    if not quoting.has_quotes(schema):
        return {}
    places = quoting.places(schema, gold.facts, gold.fields or gold.draft)
    return {"quotes": [place.as_json() for place in places]}


def _sft(gold: JudgedDraft, prompt: list[Message], answer: list[Message]) -> list[Row]:
    """The row of a gold, and its copies where its mail's outcome weighs more."""
    meta = _meta(gold, verdict=gold.verdict)
    ids = [gold.id, *(f"{gold.id}:copy{number}" for number in range(2, gold.copies + 1))]
    return [{"id": id, "prompt": prompt, "completion": answer, "meta": meta} for id in ids]


def _dpo(gold: JudgedDraft, prompt: list[Message], answer: list[Message]) -> list[Row]:
    """A pair for each text found worse. Verdicts given in bulk were not read one by one: they prefer nothing."""
    if not _may_be_preferred(gold):
        return []
    texts = [(worse, _answer(gold.completion(worse.fields))) for worse in gold.worse]
    return [
        {
            "id": worse.id,
            "prompt": prompt,
            "chosen": answer,
            "rejected": rejected,
            "meta": _meta(
                gold,
                kind=worse.kind,
                said_in=worse.said_in,
                reviewer=worse.reviewer,
                drafts=sorted({gold.id, worse.draft_id}),
                **({"exploratory": True} if worse.is_exploratory else {}),
                **({"simulated": True} if worse.is_simulated else {}),
            ),
        }
        for worse, rejected in texts
        if rejected != answer
    ]


def is_preferred(gold: JudgedDraft, worse: RejectedText) -> bool:
    """Return whether a gold and a rejected text make a pair: not a rejected gold, a bulk verdict, or an equal text."""
    return _may_be_preferred(gold) and gold.completion(worse.fields) != gold.text


def _may_be_preferred(gold: JudgedDraft) -> bool:
    return gold.is_positive and not gold.is_bulk


def _kto(gold: JudgedDraft, prompt: list[Message], answer: list[Message]) -> list[Row]:
    """Return the labelled rows of a gold: good if accepted or edited, else bad.

    An edit adds the draft before it as a bad row, unless the edit was made in bulk or left the answer equal.
    """
    rows = [_labelled(gold, prompt, answer, gold.is_positive, gold.id, gold.verdict)]
    if gold.verdict == "edit" and not gold.is_bulk and (before := _answer(gold.completion(gold.draft))) != answer:
        rows.append(_labelled(gold, prompt, before, False, f"{gold.id}:original", "original"))
    return rows


def _labelled(gold: JudgedDraft, prompt: list[Message], answer: list[Message], label: bool, id: str, kind: str) -> Row:
    meta = _meta(gold, verdict=gold.verdict, kind=kind)
    return {"id": id, "prompt": prompt, "completion": answer, "label": label, "meta": meta}


def _answer(text: str) -> list[Message]:
    return [{"role": "assistant", "content": text}]


def _meta(gold: JudgedDraft, **more: Any) -> str:
    meta = {
        "decision": gold.decision_id,
        "group": gold.group,
        "model": gold.model,
        "record": gold.record_id,
        "reviewer": gold.reviewer,
        "round": gold.round,
        "split": gold.split,
        "task": gold.task,
        "task_version": gold.task_version,
        "teacher": gold.teacher,
    }
    return prompting.canonical_json({**meta, **({"outcomes": list(gold.outcomes)} if gold.outcomes else {}), **more})


class Encoder:
    """Encodes rows of one gold.

    Parts are told apart by identity: keep the rows, and change none, while it is in use.
    """

    def __init__(self) -> None:
        self._parts: dict[int, str] = {}

    def part(self, value: object) -> str:
        if not isinstance(value, (list, dict)):
            return canonical_json(value)
        if not value:
            return "[]" if isinstance(value, list) else "{}"
        key = id(value)
        if key not in self._parts:
            self._parts[key] = canonical_json(value)
        return self._parts[key]

    def line(self, row: dict[str, Any]) -> bytes:
        """One canonical JSONL line: sorted keys, no blanks, raw UTF-8."""
        members = [f'"{key}":{self.part(row[key])}' for key in sorted(row)]
        return f"{{{','.join(members)}}}\n".encode()
