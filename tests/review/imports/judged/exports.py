"""Exports as other tools write them, about made-up tickets and replies."""

from __future__ import annotations

import json
from typing import Any

from review.spec.schema import InputField, OutputField
from review.spec.task_spec import Reason, Requirement, TaskSpec

SPEC = TaskSpec(
    instruction="Answer the customer.",
    input_schema=(InputField(name="ticket", role="title", required=True),),
    output_schema=(OutputField(name="reply", role="body"),),
    rubric=(Requirement(name="is polite"),),
    reasons=(Reason(digit=1, code="tone", label="Wrong tone"),),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)
TICKETS = ("Late parcel", "Broken lamp", "Wrong size")


def reply(number: int) -> str:
    return f"We are sorry about your {TICKETS[number].lower()} and will mend it today."


def label_studio() -> str:
    """Three tasks: one judged by two, one by one with a correction, one skipped."""

    def task(number: int, annotations: list[dict[str, Any]]) -> dict[str, Any]:
        data = {"ticket": TICKETS[number], "reply": reply(number)}
        return {"id": number + 1, "data": data, "annotations": annotations, "predictions": [], "project": 4}

    def annotation(who: Any, at: str, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"id": 9, "completed_by": who, "result": list(results), "was_cancelled": False, "ground_truth": False,
                "created_at": at, "updated_at": at, "lead_time": 12.5, **more}  # fmt: skip

    def choice(value: str, name: str = "verdict") -> dict[str, Any]:
        return {"from_name": name, "to_name": "reply", "type": "choices", "value": {"choices": [value]}}

    def text(value: str) -> dict[str, Any]:
        return {"from_name": "correction", "to_name": "reply", "type": "textarea", "value": {"text": [value]}}

    mara = {"id": 3, "email": "mara@example.com", "first_name": "Mara", "last_name": "Lind"}
    return json.dumps([
        task(0, [annotation(mara, "2026-03-02T09:00:00.000000Z", choice("Accept"), choice("yes", "is polite")),
                 annotation(7, "2026-03-03T10:00:00.000000Z", choice("Reject"), choice("Wrong tone", "reasons"))]),
        task(1, [annotation(mara, "2026-03-02T09:05:00.000000Z", choice("Edit"), text("A new lamp is on its way."))]),
        task(2, [annotation(mara, "2026-03-02T09:07:00.000000Z", was_cancelled=True)]),
    ])  # fmt: skip


def argilla_one() -> str:
    """Argilla 1: responses as a list of users, suggestions as a list."""
    users = ("0c6b6b2f-6d0d-4b0b-8a43-0c6d7c6c9d01", "5a5f7f2e-93f5-4d3c-9d7e-5b0b0a0d7f02")

    def response(user: str, value: str, status: str = "submitted") -> dict[str, Any]:
        return {"user_id": user, "values": {"quality": {"value": value}}, "status": status,
                "inserted_at": "2026-02-01T08:00:00", "updated_at": "2026-02-01T08:30:00"}  # fmt: skip

    return "\n".join(
        json.dumps({
            "fields": {"ticket": TICKETS[n], "reply": reply(n)}, "metadata": {"batch": 1},
            "suggestions": [{"question_name": "quality", "value": "good", "type": "model", "agent": "gpt"}],
            "responses": given,
        })
        for n, given in enumerate([
            [response(users[0], "good"), response(users[1], "bad")],
            [response(users[0], "good"), response(users[1], "bad", "discarded")],
            [],
        ])
    )  # fmt: skip


def argilla_two() -> str:
    """Argilla 2: responses by question."""
    return json.dumps([
        {"id": str(n), "status": "completed", "_server_id": None, "fields": {"ticket": TICKETS[n], "reply": reply(n)},
         "metadata": {}, "vectors": {}, "suggestions": {"fixed": {"value": "x", "score": 0.5, "agent": "m"}},
         "responses": {"fixed": [{"value": text, "user_id": "ann"}]}}
        for n, text in enumerate([reply(0), "Send it back to us."])
    ])  # fmt: skip


def argilla_rows() -> str:
    """Argilla 2 through `datasets`: flat columns."""
    return "\n".join(
        json.dumps({
            "id": str(n), "status": "completed", "ticket": TICKETS[n], "reply": reply(n), "_server_id": "a",
            "quality.responses": values, "quality.responses.users": ["ann", "bo"][: len(values)],
            "quality.responses.status": ["submitted", "submitted"][: len(values)],
            "quality.suggestion": "good", "quality.suggestion.score": None, "quality.suggestion.agent": None,
        })
        for n, values in enumerate([["good", "bad"], ["bad"], None])
        if values is not None
    )  # fmt: skip


def argilla_one_rows() -> str:
    """Argilla 1 through `datasets`: each question a list of answers."""
    return "\n".join(
        json.dumps({
            "ticket": TICKETS[n], "reply": reply(n),
            "quality": [{"user_id": "ann", "value": "good", "status": "submitted"},
                        {"user_id": "bo", "value": "bad", "status": "submitted"}],
            "quality-suggestion": None, "quality-suggestion-metadata": {"agent": None}, "metadata": "{}",
            "external_id": None,
        })
        for n in range(2)
    )  # fmt: skip


def doccano_labels() -> str:
    """doccano, text classification, with the approver's name."""
    return "\n".join(
        json.dumps({"id": n, "text": reply(n), "label": [label], "Comments": [], "ticket": TICKETS[n],
                    "annotation_approver": "clara"})
        for n, label in enumerate(["good", "bad"])
    )  # fmt: skip


def doccano_texts() -> str:
    """doccano, text to text, one file a user: nobody is named."""
    return "\n".join(
        json.dumps({"id": n, "text": reply(n), "label": [text], "Comments": [], "ticket": TICKETS[n]})
        for n, text in enumerate([reply(0), "Keep it."])
    )


def doccano_users() -> str:
    """doccano's older shape: annotations by user, with times."""
    return "\n".join(
        json.dumps({
            "id": n, "text": reply(n), "meta": {"ticket": TICKETS[n]}, "annotation_approver": None,
            "annotations": [{"label": "good", "user": user, "created_at": "2026-01-05T10:00:00Z",
                             "updated_at": "2026-01-05T10:01:00Z"} for user in users],
        })
        for n, users in enumerate([(1, 2), (2,), ()])
    )  # fmt: skip


def prodigy() -> str:
    """Prodigy's `db-out`: an answer a line, the third of them given to none."""
    return "\n".join(
        json.dumps({"ticket": TICKETS[n], "reply": reply(n), "_input_hash": 8 - n, "_task_hash": -n, "_view_id": "text",
                    "_session_id": "set-eva", "_annotator_id": "eva", "answer": answer, "_timestamp": 1772442000 + n})
        for n, answer in enumerate(["accept", "reject", "ignore"])
    )  # fmt: skip
