"""Argilla's records as JSON, and as the `datasets` library exports them: fields, and responses by question and user.

Three shapes are met: responses as a list of users with values by question (Argilla 1 and its REST API), responses by
question with users (Argilla 2, `Record.to_dict`), and flat columns `question.responses`, `question.responses.users`
(Argilla 2, `to_datasets`) or `question` as a list of objects (Argilla 1, `format_as("datasets")`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAME = "Argilla"
KEYS = (frozenset({"fields", "responses"}), frozenset({"_server_id", "status"}))
_GIVEN = frozenset({"", "submitted", "completed", "none"})
# Of a row's own columns these say nothing of the text.
_OWN = frozenset({"id", "status", "_server_id", "external_id", "vectors", "metadata", "inserted_at", "updated_at"})


def fits(record: Mapping[str, Any]) -> bool:
    """Return whether a record has the shape of an Argilla record."""
    responses = record.get("responses")
    if isinstance(record.get("fields"), dict) and isinstance(responses, list):
        return all(isinstance(each, dict) and "values" in each for each in responses)
    if isinstance(record.get("fields"), dict) and isinstance(responses, dict):
        return all(isinstance(each, list | dict) and _are_responses(each) for each in responses.values())
    return any(
        _is_answers(value) or (key.endswith(".responses") and isinstance(value, list | None))
        for key, value in record.items()
    )


def read(record: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield the fields with the answers of each user who submitted any; a record without any comes alone.

    Raises:
        ValueError: The responses are of another shape.
    """
    if isinstance(record.get("fields"), dict):
        shown, suggested = {**_plain(record.get("metadata")), **record["fields"]}, _suggested(record.get("suggestions"))
        responses = record.get("responses") or []
        users = _by_user(responses) if isinstance(responses, dict) else _listed(responses)
    else:
        shown, suggested, users = _flat(record)
    for who, answers in users.items():
        at = {"annotated at": answers.pop("annotated at")} if "annotated at" in answers else {}
        named = {f"{name} (answer)" if name in shown else name: value for name, value in answers.items()}
        yield shown, named, {**suggested, **at, "annotator": who}
    if not users:
        yield shown, {}, {}


def _by_user(responses: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    users: dict[str, dict[str, Any]] = {}
    for question, response_list in responses.items():
        for response in response_list if isinstance(response_list, list) else [response_list]:
            if not isinstance(response, dict):
                raise ValueError(f"a response to '{question}' is not an object")
            _put(users, question, response.get("user_id"), response.get("value"), response.get("status"))
    return users


def _listed(responses: list[Any]) -> dict[str, dict[str, Any]]:
    users: dict[str, dict[str, Any]] = {}
    for response in responses:
        values = response.get("values") if isinstance(response, dict) else None
        if not isinstance(values, dict):
            raise ValueError("a response has no values by question")
        for question, answer in values.items():
            value = answer.get("value") if isinstance(answer, dict) else answer
            _put(users, question, response.get("user_id"), value, response.get("status"))
        who = _who(response.get("user_id"))
        if who in users and (at := response.get("updated_at") or response.get("inserted_at")):
            users[who]["annotated at"] = at
    return users


def _flat(record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, dict[str, Any]]]:
    shown: dict[str, Any] = {**_plain(record.get("metadata"))}
    suggested: dict[str, Any] = {}
    users: dict[str, dict[str, Any]] = {}
    for key, value in record.items():
        question, _, part = key.partition(".responses")
        if _is_answers(value):
            for answer in value:
                _put(users, key, answer.get("user_id"), answer.get("value"), answer.get("status"))
        elif part == "" and key.endswith(".responses"):
            _put_columns(users, question, record)
        elif key in _OWN or part or key.endswith((".suggestion.score", ".suggestion.agent", "-suggestion-metadata")):
            continue
        elif key.endswith((".suggestion", "-suggestion")):
            suggested[f"{key[:-11]} suggestion"] = value
        else:
            shown[key] = value
    return shown, suggested, users


def _put_columns(users: dict[str, dict[str, Any]], question: str, record: Mapping[str, Any]) -> None:
    values = record.get(f"{question}.responses") or []
    who = record.get(f"{question}.responses.users") or []
    status = record.get(f"{question}.responses.status") or [None] * len(values)
    if not all(isinstance(each, list) for each in (values, who, status)):
        raise ValueError(f"'{question}' has responses, users or states that are not in a list")
    if not (len(values) == len(who) == len(status)):
        raise ValueError(f"'{question}' has {len(values)} responses, of {len(who)} users")
    for value, user, state in zip(values, who, status, strict=True):
        _put(users, question, user, value, state)


def _put(users: dict[str, dict[str, Any]], question: str, user: object, value: object, status: object) -> None:
    if str(status or "").lower().rsplit(".", 1)[-1] in _GIVEN and value is not None:
        answers = users.setdefault(_who(user), {})
        if answers.get(question, value) != value:
            raise ValueError(f"user '{_who(user)}' answers '{question}' more than once, expected one answer")
        answers[question] = value


def _who(user: object) -> str:
    return "" if user is None else str(user)


def _suggested(suggestions: object) -> dict[str, Any]:
    """Return a model's suggestions by question; often they are the draft that was judged."""
    if isinstance(suggestions, list):
        pairs = [
            (each.get("question_name") or each.get("question"), each) for each in suggestions if isinstance(each, dict)
        ]
    else:
        pairs = list(_plain(suggestions).items())
    return {f"{name} suggestion": each.get("value") if isinstance(each, dict) else each for name, each in pairs if name}


def _are_responses(value: list[Any] | dict[str, Any]) -> bool:
    listed = value if isinstance(value, list) else [value]
    return all(isinstance(each, dict) and "value" in each for each in listed)


def _is_answers(value: object) -> bool:
    return (
        bool(value)
        and isinstance(value, list)
        and all(isinstance(answer, dict) and "user_id" in answer for answer in value)
    )


def _plain(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
