"""Every shape of export comes in with its reviewers, verdicts and times."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from members.models import Member
from review.desk.serializers import DecisionOut
from review.models import Decision, Draft, Gold, Record, Task
from review.sources.imports.annotated import argilla, doccano, label_studio, open_export
from review.sources.imports.verdicts import import_decisions, parse_row, read_judged_preview
from tests.review.factories import make_task
from tests.review.imports.conftest import Write
from tests.review.imports.judged import exports

pytestmark = pytest.mark.django_db
TEXTS = {"ticket": "ticket", "reply": "reply"}
LABELLED = {"text": "reply", "ticket": "ticket", "label": "said.verdict"}


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin, spec=exports.SPEC, slug="replies")


def said(task: Task) -> Counter[tuple[str, str, str]]:
    rows = Decision.objects.filter(task=task).exclude(verdict="retract")
    return Counter(rows.values_list("draft__record__title", "reviewer__display_name", "verdict"))


def test_label_studios_json_brings_verdicts_edits_reasons_ratings_and_times(
    task: Task, admin: Member, write: Write
) -> None:
    result = import_decisions(task, write(exports.label_studio(), "export.json"), by=admin, mapping={
        **TEXTS, "verdict": "said.verdict", "correction": "edited.reply", "reasons": "said.reasons",
        "is polite": "rating.is polite", "annotator": "said.reviewer", "annotated at": "said.at",
        "lead time": "said.seconds",
    })  # fmt: skip

    assert (result.rows_total, result.rows_added, result.rows_bad) == (3, 3, 0)
    assert said(task) == {
        ("Late parcel", "mara@example.com", "accept"): 1,
        ("Late parcel", "annotator 7", "reject"): 1,
        ("Broken lamp", "mara@example.com", "edit"): 1,
    }
    accept, edit, reject = Decision.objects.order_by("verdict")
    assert accept.created_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (accept.ratings, accept.seconds, accept.imported_from) == ({"is polite": True}, 12.5, result.source)
    assert edit.fields == {"reply": "A new lamp is on its way."}
    assert edit.edit_size > 0.5
    assert (reject.reasons, reject.fields) == (["tone"], None)
    assert result.source.provenance == "Label Studio"


def test_an_annotation_without_a_time_is_recorded_without_one(task: Task, admin: Member, write: Write) -> None:
    tasks = json.loads(exports.label_studio())
    del tasks[0]["annotations"][0]["lead_time"]
    tasks[0]["annotations"][1]["lead_time"] = None

    import_decisions(task, write(json.dumps(tasks), "export.json"), by=admin, mapping={
        **TEXTS, "verdict": "said.verdict", "annotator": "said.reviewer", "lead time": "said.seconds",
        "correction": "edited.reply",
    })  # fmt: skip

    assert dict(Decision.objects.values_list("verdict", "seconds")) == {"accept": None, "reject": None, "edit": 12.5}
    assert {each["seconds"] for each in DecisionOut(Decision.objects.all(), many=True).data} == {None, 12.5}


def test_verdicts_that_agree_make_golds_and_those_that_differ_a_dispute(
    task: Task, admin: Member, write: Write
) -> None:
    import_decisions(task, write(exports.label_studio(), "export.json"), by=admin, mapping={
        **TEXTS, "verdict": "said.verdict", "correction": "edited.reply", "annotator": "said.reviewer",
    })  # fmt: skip

    assert dict(Draft.objects.values_list("record__title", "state")) == {
        "Late parcel": "disputed", "Broken lamp": "decided",
    }  # fmt: skip
    assert Gold.objects.get().verdict == "edit"


@pytest.mark.parametrize(
    ("text", "mapping", "defaults", "wanted"),
    [
        (
            exports.argilla_one(), {**TEXTS, "quality": "said.verdict", "annotator": "said.reviewer"}, {},
            {"Late parcel": ["accept", "reject"], "Broken lamp": ["accept"]},
        ),
        (
            exports.argilla_two(), {**TEXTS, "fixed": "edited.reply", "annotator": "said.reviewer"}, {},
            {"Late parcel": ["accept"], "Broken lamp": ["edit"]},
        ),
        (
            exports.argilla_rows(), {**TEXTS, "quality": "said.verdict", "annotator": "said.reviewer"}, {},
            {"Late parcel": ["accept", "reject"], "Broken lamp": ["reject"]},
        ),
        (
            exports.argilla_one_rows(), {**TEXTS, "quality": "said.verdict", "annotator": "said.reviewer"}, {},
            {"Late parcel": ["accept", "reject"], "Broken lamp": ["accept", "reject"]},
        ),
        (
            exports.doccano_labels(), {**LABELLED, "annotator": "said.reviewer"}, {},
            {"Late parcel": ["accept"], "Broken lamp": ["reject"]},
        ),
        (
            exports.doccano_texts(), {**LABELLED, "label": "edited.reply"}, {"said.reviewer": "clara"},
            {"Late parcel": ["accept"], "Broken lamp": ["edit"]},
        ),
        (
            exports.doccano_users(), {**LABELLED, "annotator": "said.reviewer", "annotated at": "said.at"}, {},
            {"Late parcel": ["accept", "accept"], "Broken lamp": ["accept"]},
        ),
        (
            "ticket,reply,verdict,reviewer\nLate parcel,Sorry.,accept,ann\nLate parcel,Sorry.,reject,bo\n",
            {**TEXTS, "verdict": "said.verdict", "reviewer": "said.reviewer"}, {},
            {"Late parcel": ["accept", "reject"]},
        ),
    ],
    ids=["argilla-1", "argilla-2", "argilla-2-datasets", "argilla-1-datasets", "doccano", "doccano-seq2seq",
         "doccano-users", "csv"],
)  # fmt: skip
def test_each_shape_gives_its_verdicts(
    task: Task, admin: Member, write: Write, text: str, mapping: dict[str, str], defaults: dict[str, str],
    wanted: dict[str, list[str]],
) -> None:  # fmt: skip
    import_decisions(task, write(text, "export.json"), by=admin, mapping=mapping, defaults=defaults)

    found: dict[str, list[str]] = {}
    for title, verdict in Decision.objects.order_by("verdict").values_list("draft__record__title", "verdict"):
        found.setdefault(title, []).append(verdict)
    assert found == wanted


def test_the_same_file_again_adds_nothing(task: Task, admin: Member, write: Write) -> None:
    mapping = {**TEXTS, "quality": "said.verdict", "annotator": "said.reviewer", "annotated at": "said.at"}
    first = import_decisions(task, write(exports.argilla_one(), "a.jsonl"), by=admin, mapping=mapping)
    before = (Decision.objects.count(), Draft.objects.count(), Record.objects.count(), Member.objects.count())

    again = import_decisions(task, write(exports.argilla_one(), "b.jsonl"), by=admin, mapping=mapping)

    assert (again.rows_added, again.rows_known, again.source) == (0, 3, first.source)
    assert before == (
        Decision.objects.count(), Draft.objects.count(), Record.objects.count(), Member.objects.count(),
    )  # fmt: skip


def test_a_preview_shows_words_and_reviewers_with_what_they_would_mean(write: Write) -> None:
    found = read_judged_preview(write(exports.label_studio(), "export.json"), spec=exports.SPEC)

    assert found.tool == "Label Studio"
    assert found.preview.mapping["annotator"] == "said.reviewer"
    assert found.preview.mapping["correction"] == "edited.reply"
    assert found.by_verdict == {"accept": 1, "edit": 1, "reject": 1}
    assert {(word.word, word.means) for word in found.words} == {
        ("Accept", "accept"), ("Reject", "reject"), ("Edit", "edit"),
    }  # fmt: skip
    assert dict(found.reviewers) == {"mara@example.com": 2, "annotator 7": 1}
    assert not Decision.objects.exists()


def test_prodigys_answers_are_known_by_their_names(task: Task, admin: Member, write: Write) -> None:
    result = import_decisions(task, write(exports.prodigy(), "db-out.jsonl"), by=admin)

    assert (result.rows_total, result.rows_added, result.rows_bad) == (3, 2, 0)
    assert said(task) == {("Late parcel", "eva", "accept"): 1, ("Broken lamp", "eva", "reject"): 1}
    assert Decision.objects.earliest("created_at").created_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_column_of_texts_is_no_verdict(write: Write) -> None:
    lines = "".join(f"t{n},r{n},word{n},ann\n" for n in range(50))

    found = read_judged_preview(write(f"ticket,reply,verdict,reviewer\n{lines}"), spec=exports.SPEC)

    assert "50 different words" in found.preview.problems["said.verdict"][0]


def test_any_of_the_guesses_is_one_of_ours() -> None:
    words: dict[str, Any] = {"Approved": "accept", "needs_edit": "edit", "Thumbs-down": "reject", "unsure": "leave_out"}

    assert {word: parse_row.guess_verdict(word) for word in words} == words
    assert parse_row.guess_verdict("Grün") == ""


def test_marked_places_beside_a_verdict_are_their_label(write: Write) -> None:
    said = [{"from_name": "verdict", "type": "choices", "value": {"choices": ["good"]}}]
    said += [
        {"from_name": "mistake", "type": "labels", "value": {"labels": ["name"], "start": at, "end": at + 1}}
        for at in range(2)
    ]
    table = open_export(
        write(json.dumps([{"data": {"text": "Hi"}, "annotations": [{"result": said}]}]), "x.json"), is_judged=True
    )

    (row,) = table.rows()
    assert (row.problem, row.values["verdict"], row.values["mistake"]) == ("", "good", "name")


def test_two_different_answers_to_one_control_are_no_silent_choice() -> None:
    result = [{"from_name": "verdict", "type": "choices", "value": {"choices": [word]}} for word in ("good", "bad")]

    with pytest.raises(ValueError, match="answers 'verdict' more than once"):
        list(label_studio.read({"data": {}, "annotations": [{"result": result}]}))


def test_two_different_answers_of_one_argilla_user_are_no_silent_choice() -> None:
    responses = [{"user_id": "u", "status": "submitted", "values": {"q": {"value": word}}} for word in ("good", "bad")]

    with pytest.raises(ValueError, match="answers 'q' more than once"):
        list(argilla.read({"fields": {"text": "x"}, "responses": responses}))


def test_nothing_in_a_list_is_no_word() -> None:
    cells = {"said.reviewer": ["ann", None], "said.verdict": "reject", "said.reasons": [None], "edited.reply": [None]}

    verdict = parse_row.parse_row(exports.SPEC, cells, {"reply": "Sorry."}, {}, now=timezone.now())

    assert verdict is not None
    assert (verdict.reviewer, verdict.note, verdict.edited) == ("ann", "", None)
    ((_, _, more),) = doccano.read({"text": "Sorry.", "label": ["accept"], "comments": ["Too short.", None]})
    assert more["comments"] == "Too short."
    answer = {"from_name": "correction", "type": "textarea", "value": {"text": ["One", None, "two"]}}
    ((_, answers, _),) = label_studio.read({"data": {}, "annotations": [{"result": [answer]}]})
    assert answers["correction"] == "One\ntwo"


def test_comments_of_doccano_are_a_column() -> None:
    [(_, _, more)] = doccano.read({"id": 1, "text": "x", "label": ["good"], "Comments": ["why not", "later"]})

    assert more["comments"] == "why not\nlater"
