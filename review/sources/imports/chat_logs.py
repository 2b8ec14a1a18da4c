"""Logs of model calls as tables of finished drafts: what was asked gives the facts, each answer is what was written.

Which shapes are read is said in `logs.reading`. An answer is read by the task's own output form; of several choices
each is a draft. A task with a conversation among its inputs takes every turn; another takes one user message and one
answer, and what holds more (earlier turns, tool calls, images) is refused and never cut down to that. It touches no row
of the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from review.sources.imports.annotated import open_export
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.sources.imports.logs.bodies import Answer
from review.sources.imports.logs.exchange import Exchange
from review.sources.imports.logs.messages import SYSTEM as SYSTEM_ROLE
from review.sources.imports.logs.messages import TOOL, USER, Turn
from review.sources.imports.logs.reading import ALPACA, HOLDERS, TEMPLATED, LogRow, read_log, shapes_in
from review.sources.imports.logs.template import TaskTemplates
from review.sources.imports.tables import Row, Table
from review.spec import fact_lines, prompting
from review.spec.output_format import is_plain, mail_fields
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from web import strict_json

FORMAT = "chat"
PROMPT, CUSTOM_ID, SYSTEM, USER_NAME = "prompt", "custom_id", "system", "user_name"
MODEL, CONVERSATION, PREFERENCE = "model", "conversation", "preference"
_ALPACA_KEYS = frozenset({"instruction", "input", "output"})
_CALLS = "its answer is a tool call; this task takes texts, no tool calls"


@dataclass(frozen=True)
class ChatTable:
    """A log that can be read as often as wanted.

    Its columns are the task's facts and written fields by their own names, beside `prompt` (the words of the user),
    `system`, `user_name`, `custom_id`, `model`, `conversation` and whatever else the lines hold, which a lead may have
    fill a fact.
    """

    table: Table
    spec: TaskSpec
    shapes: tuple[str, ...] = ()
    format: str = field(default=FORMAT)

    @property
    def encoding(self) -> str:
        return self.table.encoding

    @property
    def notes(self) -> tuple[str, ...]:
        return self.table.notes

    @property
    def columns(self) -> tuple[str, ...]:
        written = [_column(each.name, self._facts) for each in self.spec.output_schema]
        own = [PROMPT, SYSTEM, USER_NAME, CUSTOM_ID, MODEL, CONVERSATION]
        own += [PREFERENCE] if "preference pairs" in self.shapes else []
        others = [name for name in self.table.columns if name not in self._holders]
        return tuple(dict.fromkeys([*self._facts, *written, *own, *others]))

    def rows(self) -> Iterator[Row]:
        """A row for each answer, numbered by its line; one that does not fit the task says why.

        Raises:
            Refusal: As `Table.rows`.
        """
        for row in read_log(self.table):
            if row.exchange is None:
                yield Row(row.number, problem=row.problem)
                continue
            try:
                about = self._about(row, row.exchange)
            except ValueError as error:
                yield Row(row.number, problem=str(error))
                continue
            for answer in row.exchange.answers:
                yield self._row(row.number, about, answer)

    @cached_property
    def _facts(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.spec.input_schema)

    @cached_property
    def _conversation(self) -> str:
        return next((each.name for each in self.spec.input_schema if str(each.type) == CONVERSATION), "")

    @cached_property
    def _templates(self) -> TaskTemplates:
        return TaskTemplates.of(self.spec)

    @cached_property
    def _holders(self) -> frozenset[str]:
        return HOLDERS if ALPACA in self.shapes else HOLDERS | {"input"}

    def _about(self, row: LogRow, exchange: Exchange) -> dict[str, Any]:
        """Return a line's values beside its answer: facts, user message, system text, names, and its other keys.

        Raises:
            ValueError: It holds more than one user message, and the task takes no conversation.
        """
        spoken = [turn for turn in exchange.asked if turn.role != SYSTEM_ROLE]
        if not self._conversation:
            _require_single(spoken)
        system = "\n\n".join(turn.content for turn in exchange.asked if turn.role == SYSTEM_ROLE)
        user = next((turn for turn in reversed(spoken) if turn.role == USER), None)
        others = {name: value for name, value in row.values.items() if name not in self._holders}
        prompt = user.content if user else ""
        about = {
            **others,
            PROMPT: prompt,
            SYSTEM: system or others.get(SYSTEM),
            USER_NAME: (user.name if user else "") or others.get(USER_NAME),
            CUSTOM_ID: exchange.custom_id or others.get(CUSTOM_ID),
            MODEL: exchange.model or others.get(MODEL),
            CONVERSATION: self._messages(exchange.asked, system),
        }
        if self._conversation:
            return {**about, self._conversation: about[CONVERSATION]}
        facts = self._templates.facts_in(system, prompt)
        return {**about, **(facts_in(self.spec, prompt) if facts is None else facts)}

    def _messages(self, turns: tuple[Turn, ...], system: str) -> list[dict[str, str]]:
        """The turns as a conversation; a system text that is the task's own instruction is said once already."""
        is_ours = system.strip() == self.spec.instruction.strip()
        return [turn.as_message() for turn in turns if not (is_ours and turn.role == SYSTEM_ROLE)]

    def _row(self, number: int, about: dict[str, Any], answer: Answer) -> Row:
        try:
            fields = self._parsed(answer)
        except ValueError as error:
            return Row(number, problem=str(error))
        written = {_column(name, self._facts): value for name, value in fields.items()}
        return Row(number, {**about, **({PREFERENCE: answer.preference} if answer.preference else {}), **written})

    def _parsed(self, answer: Answer) -> Fields:
        if answer.problem:
            raise ValueError(answer.problem)
        if not answer.calls:
            return prompting.parse(self.spec, answer.text)
        # Structured output is often asked for as the arguments of one tool.
        if len(answer.calls) == 1 and not answer.text.strip():
            try:
                return prompting.parse(self.spec, answer.calls[0].arguments) if _is_json(self.spec) else _no_calls()
            except prompting.CompletionError as error:
                raise ValueError(f"the arguments of its tool call do not fit: {error}") from None
        return _no_calls()


def open_drafts(path: Path, spec: TaskSpec, choices: ImportChoices = AS_FOUND) -> Table | ChatTable:
    """A file of finished drafts: a log where its first rows are exchanges with a model, else the table it is.

    Raises:
        Refusal: As `open_table`.
    """
    table = open_export(path, **choices.of_file)
    shapes = shapes_in(table)
    written = {each.name for each in spec.output_schema}
    names = {each.name for each in spec.input_schema} | written
    is_own = (
        (shapes == [ALPACA] and bool(names & _ALPACA_KEYS))
        or (shapes == [TEMPLATED] and bool(written.intersection(table.columns)))
        or _names_conversation(table, spec)
    )
    return ChatTable(table, spec, tuple(shapes)) if shapes and not is_own else table.opened()


def _names_conversation(table: Table, spec: TaskSpec) -> bool:
    """Return whether columns are called by a conversation of the task and by a field that is written."""
    names = set(table.columns)
    has_conversation = any(str(each.type) == CONVERSATION and each.name in names for each in spec.input_schema)
    return has_conversation and any(each.name in names for each in spec.output_schema)


def facts_in(spec: TaskSpec, prompt: str) -> Facts:
    """Facts that a prompt holds.

    A JSON object of them, a sheet of them as our templates write it, or the one text fact.
    """
    names = {each.name for each in spec.input_schema}
    try:
        held = strict_json.loads(prompt)
    except ValueError:
        held = None
    if isinstance(held, dict):
        inner = held.get("facts")
        facts = {name: value for name, value in (inner if isinstance(inner, dict) else held).items() if name in names}
    else:
        facts = fact_lines.read_sheet(spec.input_schema, prompt)
    if facts:
        return facts
    texts = [each.name for each in spec.input_schema if each.type == "text"]
    needed = [each.name for each in spec.input_schema if each.required]
    sole = needed if len(needed) == 1 and needed[0] in texts else texts if len(texts) == 1 else []
    return {sole[0]: prompt} if sole and prompt else {}


def _column(name: str, facts: tuple[str, ...]) -> str:
    """A written field's column, told apart from a fact of the same name or from the columns of the log."""
    return f"written.{name}" if name in facts else name


def _is_json(spec: TaskSpec) -> bool:
    """Return whether an answer may come as a JSON object: it is neither a mail nor a single text."""
    return mail_fields(spec.output_schema) is None and not is_plain(spec.output_schema)


def _no_calls() -> Fields:
    raise ValueError(_CALLS)


def _require_single(turns: list[Turn]) -> None:
    """Raise ValueError for more than one user message before the answer, or for tools."""
    tools = sum(turn.role == TOOL or bool(turn.calls) for turn in turns)
    if tools:
        raise ValueError(f"{tools} of its messages are tool calls or their results; this task takes texts alone")
    users = sum(turn.role == USER for turn in turns)
    if users > 1 or len(turns) > users:
        raise ValueError(f"a conversation of {len(turns) + 1} turns; this task takes one user message and one answer")
