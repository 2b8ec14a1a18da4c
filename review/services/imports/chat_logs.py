"""Chat logs as tables of finished drafts: what was asked gives the facts, the last answer what was written.

Read are lines of `{"messages": […]}` (fine-tuning files), lines with a request and its response (stored completions), and
results of batches. An answer is read by the task's own output form. It touches no row of the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from review import prompting
from review.schema import Fields
from review.services.imports.tables import Row, Table, open_table
from review.spec import TaskSpec
from web import outside_json

FORMAT = "chat"
PROMPT, CUSTOM_ID = "prompt", "custom_id"
_LOOKED_AT = 20
_OK = 200
Turn = Mapping[str, Any]


@dataclass(frozen=True)
class ChatTable:
    """A chat log that can be read as often as wanted.

    Its columns are the task's facts and written fields by their own names, beside `prompt` (the last words of the user) and
    `custom_id`, which a lead may have fill a fact.
    """

    table: Table
    spec: TaskSpec
    format: str = FORMAT

    @property
    def encoding(self) -> str:
        return self.table.encoding

    @property
    def columns(self) -> tuple[str, ...]:
        known = {field.name for field in self.spec.input_schema}
        written = [_column(name, known) for name in (field.name for field in self.spec.output_schema)]
        return tuple(dict.fromkeys([*(field.name for field in self.spec.input_schema), *written, PROMPT, CUSTOM_ID]))

    def rows(self) -> Iterator[Row]:
        """A row for each conversation; one whose answer does not fit the task says why.

        Raises:
            Refusal: As `Table.rows`.
        """
        known = {field.name for field in self.spec.input_schema}
        for row in self.table.rows():
            if row.problem:
                yield row
                continue
            try:
                asked, answer = _asked(row.values), _answer(row.values)
                fields = prompting.parse(self.spec, answer)
            except ValueError as error:
                yield Row(row.number, problem=str(error))
                continue
            written = {_column(name, known): value for name, value in fields.items()}
            about = {PROMPT: asked, CUSTOM_ID: row.values.get(CUSTOM_ID)}
            yield Row(row.number, {**about, **facts_in(self.spec, asked), **written})


def open_drafts(path: Path, spec: TaskSpec) -> Table | ChatTable:
    """A file of finished drafts: a chat log where its first rows are conversations, else the table it is.

    Raises:
        Refusal: As `open_table`.
    """
    table = open_table(path)
    if table.format == "csv":
        return table
    first = [row.values for row in islice(table.rows(), _LOOKED_AT) if not row.problem]
    return ChatTable(table, spec) if any(_is_chat(values) for values in first) else table


def facts_in(spec: TaskSpec, asked: str) -> Fields:
    """Facts that a prompt holds: a JSON object of them, lines `name: value` as our templates write them, or the one text fact."""
    names = {field.name for field in spec.input_schema}
    try:
        held = outside_json.loads(asked)
    except ValueError:
        held = None
    if isinstance(held, dict):
        inner = held.get("facts")
        found = {name: value for name, value in (inner if isinstance(inner, dict) else held).items() if name in names}
    else:
        line = re.compile(rf"^({'|'.join(map(re.escape, sorted(names)))}):[ \t]*(\S.*)$", re.MULTILINE)
        found = {}
        for name, value in line.findall(asked):
            found.setdefault(name, value.strip())
    if found:
        return found
    texts = [field.name for field in spec.input_schema if field.type == "text"]
    needed = [field.name for field in spec.input_schema if field.required]
    sole = needed if len(needed) == 1 and needed[0] in texts else texts if len(texts) == 1 else []
    return {sole[0]: asked} if sole and asked else {}


def _column(name: str, known: set[str]) -> str:
    """A written field's column, told apart from a fact of the same name or from the columns of the log."""
    return f"written.{name}" if name in known else name


def _is_chat(values: Mapping[str, Any]) -> bool:
    return bool(_turns(values)) or bool(_choices(values))


def _turns(values: Mapping[str, Any]) -> list[Turn]:
    """The messages that were sent, wherever a log keeps them."""
    request, given = values.get("request"), values.get("input")
    body = request.get("body") if isinstance(request, dict) else None
    for holder in (values, request, body, values.get("body"), given):
        turns = holder.get("messages") if isinstance(holder, dict) else None
        if isinstance(turns, list) and turns and all(isinstance(one, dict) and "role" in one for one in turns):
            return turns
    return []


def _choices(values: Mapping[str, Any]) -> list[Any]:
    response = values.get("response")
    body = response.get("body") if isinstance(response, dict) else None
    for holder in (body, response, values):
        choices = holder.get("choices") if isinstance(holder, dict) else None
        if isinstance(choices, list) and choices:
            return choices
    return []


def _asked(values: Mapping[str, Any]) -> str:
    """The last words of the user before the answer; empty in a log that keeps answers alone."""
    return next((_text(turn) for turn in reversed(_turns(values)) if turn["role"] == "user"), "")


def _answer(values: Mapping[str, Any]) -> str:
    """The last words of the assistant.

    Raises:
        ValueError: There are none, or the request failed, was cut or refused.
    """
    response = values.get("response")
    if values.get("error") or (isinstance(response, dict) and response.get("status_code", _OK) != _OK):
        raise ValueError("the request failed, so there is no answer")
    if choices := _choices(values):
        return _chosen(choices[0])
    turns = _turns(values)
    if not turns:
        raise ValueError("it holds no messages")
    if turns[-1]["role"] != "assistant":
        raise ValueError("its last message is not the assistant's")
    return _said(turns[-1])


def _chosen(choice: Any) -> str:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise ValueError("its answer holds no message")
    if choice.get("finish_reason") not in (None, "stop"):
        raise ValueError(f"the answer ended with '{choice['finish_reason']}', so it is not whole")
    return _said(message)


def _said(turn: Turn) -> str:
    if turn.get("refusal"):
        raise ValueError("the model refused to answer")
    if not (text := _text(turn)).strip():
        raise ValueError("the assistant's message holds no text")
    return text


def _text(turn: Turn) -> str:
    """A message's text; of one in parts, those that are text."""
    content = turn.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict) and "text" in part)
    return content if isinstance(content, str) else ""
