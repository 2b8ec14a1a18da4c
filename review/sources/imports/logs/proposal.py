"""The tasks behind a log: the templates of its prompts, their slots as inputs, and fields that its answers fit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from review.sources.imports.logs.answer_shape import output_fields
from review.sources.imports.logs.common_text import Prompt
from review.sources.imports.logs.exchange import Exchange
from review.sources.imports.logs.induction import Induced, induce
from review.sources.imports.logs.messages import SYSTEM, USER
from review.sources.imports.logs.reading import LogRow
from review.sources.imports.logs.template import Template
from review.spec import prompting
from review.spec.schema import Facts, InputField
from review.spec.task_spec import SYSTEM_MARK, USER_MARK, Check, Reason, Requirement, TaskSpec
from review.spec.values import normalise_text

MOST_PROPOSED = 6
_CONVERSATION = "conversation"
_TITLES = ("title", "subject", "name", "company", "customer", "ticket", "product", "question", "message")
_GROUPS = frozenset({"company", "customer", "account", "client", "organisation", "organization", "firma"})
_NOUNS = frozenset(
    {"ticket", "company", "claim", "message", "question", "order", "product", "document", "review", "page"}
)
_INTEGER, _DATE = re.compile(r"-?[1-9]\d{0,14}|0"), re.compile(r"\d{4}-\d\d-\d\d")
_TITLE_CHARS, _LEAST_INSTRUCTION = 100, 20
_ANY_INSTRUCTION = "Answer as the log does."


@dataclass(frozen=True, slots=True)
class Proposal:
    """One task that a log speaks of.

    Attributes:
        spec: The version that is proposed; its student's template is the prompt of the log.
        parts: A template for each message of the prompt; empty for conversations.
        examples: Of each input a few of its values.
        rows: Numbers of the rows it is made from.
        same: How many of them the product's own renderer makes again to the byte, blanks around a message aside.
        differing: Numbers of those it does not.
        fitting: How many of their answers fit the output.
    """

    spec: TaskSpec
    parts: tuple[Template, ...]
    examples: dict[str, tuple[str, ...]]
    rows: tuple[int, ...]
    same: int
    differing: tuple[int, ...]
    fitting: int


@dataclass(frozen=True, slots=True)
class LogFindings:
    """Findings in a log.

    Attributes:
        exchanges: Rows with a question and its answer.
        models: How many are by which model.
        proposals: Tasks, the one that most rows speak of first.
        unlike: Numbers of rows that no proposal makes.
        problems: Rows that hold no whole exchange, each with the reason.
    """

    exchanges: int
    models: tuple[tuple[str, int], ...]
    proposals: tuple[Proposal, ...]
    unlike: tuple[int, ...]
    problems: tuple[tuple[int, str], ...]


def find_tasks(rows: Sequence[LogRow]) -> LogFindings:
    """Propose the tasks behind the exchanges of a log, at most six."""
    whole = [(row.number, row.exchange) for row in rows if row.exchange is not None and row.exchange.asked]
    problems = [(row.number, row.problem) for row in rows if row.exchange is None]
    problems += [
        (row.number, "it holds an answer without its question")
        for row in rows
        if row.exchange is not None and not row.exchange.asked
    ]
    prompts: list[Prompt] = []
    single: list[tuple[int, Exchange]] = []
    talks: list[tuple[int, Exchange]] = []
    for number, exchange in whole:
        prompt = _prompt(exchange)
        if prompt is None:
            talks.append((number, exchange))
        else:
            prompts.append(prompt)
            single.append((number, exchange))
    proposals = [_of_template(each, prompts, single) for each in induce(prompts)[:MOST_PROPOSED]]
    if talks:
        proposals.append(_of_conversations(talks))
    proposals.sort(key=lambda each: -len(each.rows))
    taken = {number for proposal in proposals for number in proposal.rows}
    models = Counter(exchange.model for _, exchange in whole if exchange.model)
    unlike = tuple(number for number, _ in whole if number not in taken)
    return LogFindings(len(whole), tuple(models.most_common()), tuple(proposals), unlike, tuple(sorted(problems)))


def _prompt(exchange: Exchange) -> Prompt | None:
    """System text and the one message of the user; None for a conversation."""
    spoken = [turn for turn in exchange.asked if turn.role != SYSTEM]
    if len(spoken) != 1 or spoken[0].role != USER:
        return None
    system = "\n\n".join(turn.content for turn in exchange.asked if turn.role == SYSTEM)
    return (system, spoken[0].content) if system else (spoken[0].content,)


def _of_template(induced: Induced, prompts: Sequence[Prompt], single: Sequence[tuple[int, Exchange]]) -> Proposal:
    values = [induced.values_in(prompts[row]) or {} for row in induced.rows]
    columns = {slot: [held[slot] for held in values] for slot in induced.slots}
    inputs = _inputs(columns) or (InputField(name="note", description="Nothing varies in these prompts."),)
    spec = _spec(induced.parts, inputs, _answers([single[row][1] for row in induced.rows]))
    differing = [
        single[row][0] for row, held in zip(induced.rows, values, strict=True) if not _is_same(spec, held, prompts[row])
    ]
    examples = {slot: tuple(dict.fromkeys(value for value in column if value))[:3] for slot, column in columns.items()}
    return Proposal(
        spec,
        induced.parts,
        examples,
        tuple(single[row][0] for row in induced.rows),
        len(induced.rows) - len(differing),
        tuple(differing),
        _fitting(spec, [single[row][1] for row in induced.rows]),
    )


def _of_conversations(talks: Sequence[tuple[int, Exchange]]) -> Proposal:
    systems = Counter(turn.content for _, exchange in talks for turn in exchange.asked if turn.role == SYSTEM)
    instruction = next((text for text, count in systems.most_common(1) if 2 * count > len(talks)), "")
    field = InputField(name=_CONVERSATION, type="conversation", required=True, description="What was said so far.")
    spec = _task(
        instruction or "Answer the last message of the conversation.",
        (field,),
        "=== system ===\n{{instruction}}\n\n=== user ===\n{{fact.conversation}}",
        _answers([exchange for _, exchange in talks]),
    )
    rows = tuple(number for number, _ in talks)
    return Proposal(spec, (), {}, rows, len(rows), (), _fitting(spec, [exchange for _, exchange in talks]))


def _inputs(columns: dict[str, list[str]]) -> tuple[InputField, ...]:
    """Slots as inputs, each of the narrowest type that says its values again to the byte."""
    short = [name for name, column in columns.items() if max(map(len, column), default=0) <= _TITLE_CHARS]
    title = next((name for name in _TITLES if name in short), short[0] if short else next(iter(columns), ""))
    group = next((name for name in columns if name in _GROUPS and name != title), "")
    fields = []
    for name, column in columns.items():
        held = [value for value in column if value]
        kind = "text" if all(value == " ".join(value.split()) for value in held) else "document"
        if held and all(_INTEGER.fullmatch(value) for value in held):
            kind = "integer"
        elif held and all(_DATE.fullmatch(value) for value in held):
            kind = "date"
        role = "title" if name == title else "group" if name == group else ""
        fields.append(
            InputField.model_validate({"name": name, "type": kind, "role": role, "required": len(held) == len(column)})
        )
    return tuple(fields)


def _spec(parts: Sequence[Template], inputs: tuple[InputField, ...], answers: Sequence[str]) -> TaskSpec:
    user = _written(parts[-1])
    if len(parts) > 1 and not parts[0].slots and parts[0].constants[0].strip():
        instruction = parts[0].constants[0].strip()
        return _task(instruction, inputs, f"{SYSTEM_MARK}\n{{{{instruction}}}}\n\n{USER_MARK}\n{user}", answers)
    instruction, rest = _leading(parts[-1].constants[0])
    user = (
        "{{instruction}}" + user.lstrip()[len(instruction) :] if instruction and not rest.startswith("\x00") else user
    )
    system = f"{SYSTEM_MARK}\n{_written(parts[0])}\n\n{USER_MARK}\n" if len(parts) > 1 else ""
    return _task(instruction or _ANY_INSTRUCTION, inputs, system + user, answers)


def _leading(constant: str) -> tuple[str, str]:
    """The sentences with which a prompt begins, up to the line that leads to its first slot, and what follows them."""
    text = constant.lstrip()
    head, newline, _ = text.rpartition("\n")
    instruction = head.rstrip() if newline else ""
    return (instruction, text[len(instruction) :]) if len(instruction) >= _LEAST_INSTRUCTION else ("", text)


def _written(template: Template) -> str:
    return template.render({slot: f"{{{{fact.{slot}}}}}" for slot in template.slots})


def _task(instruction: str, inputs: tuple[InputField, ...], template: str, answers: Sequence[str]) -> TaskSpec:
    outputs = output_fields(answers)
    is_text = any(field.type == "text" for field in outputs)
    title = next((field.name for field in inputs if field.role == "title"), "")
    return TaskSpec(
        instruction=instruction,
        record_noun=title if title in _NOUNS else "record",
        input_schema=inputs,
        output_schema=outputs,
        checks=(Check(kind="placeholders"), Check(kind="repetition")) if is_text else (),
        rubric=(Requirement(name="does the job", description="Say what a good answer has that a poor one lacks."),),
        reasons=(Reason(digit=1, code="wrong", label="Wrong"), Reason(digit=2, code="other", label="Other")),
        teacher_template=template,
        student_template=template,
    )


def _answers(exchanges: Sequence[Exchange]) -> list[str]:
    return [
        answer.calls[0].arguments if answer.calls and not answer.text else answer.text
        for exchange in exchanges
        for answer in exchange.answers
        if not answer.problem
    ]


def _fitting(spec: TaskSpec, exchanges: Sequence[Exchange]) -> int:
    return sum(_fits(spec, answer) for answer in _answers(exchanges))


def _fits(spec: TaskSpec, answer: str) -> bool:
    try:
        prompting.parse(spec, answer)
    except ValueError:
        return False
    return True


def _is_same(spec: TaskSpec, values: dict[str, str], prompt: Prompt) -> bool:
    """Return whether the product's renderer makes this prompt of these values, as it would after an import."""
    kinds = {field.name: field.type for field in spec.input_schema}
    facts: Facts = {
        name: int(value) if kinds[name] == "integer" else normalise_text(value)
        for name, value in values.items()
        if value
    }
    made = [message["content"] for message in prompting.messages(spec, facts, audience="student")]
    return made == [text.strip() for text in prompt]
