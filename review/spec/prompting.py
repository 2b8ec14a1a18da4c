"""Renderer of prompts: (task spec, facts) to messages, and fields to completion text and back.

Pure Python. Teachers, exports, training, evaluation and serving all use it, so that their prompts are equal to the
byte. It knows neither callers nor models nor stored records.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from review.spec import fact_lines, thinking
from review.spec.fact_lines import claim_lines, forbidden_phrases, offer_lines, rubric_lines
from review.spec.output_format import bare_field, bare_text, is_plain, mail_fields, output_format
from review.spec.schema import SLOT, Facts, Fields, OutputField
from review.spec.task_spec import SYSTEM_MARK, USER_MARK, TaskSpec
from review.spec.values import label_of, normalise_fields
from web import strict_json

Message = dict[str, str]
Audience = Literal["teacher", "student"]
_FENCE = re.compile(r"\A```[a-zA-Z]*\n(.*?)\n?```\Z", re.DOTALL)
# A string as it is, or a comma that no value follows.
_LAST_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+"?)|,(?=\s*[}\]])', re.DOTALL)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_SUBJECT = re.compile(r"\A(?:\*\*)?subject(?:\*\*)?\s*:\s*(?:\*\*)?\s*(.*)\Z", re.IGNORECASE)


class FewShotExample(NamedTuple):
    """Facts of a record and its approved fields, an example for a teacher."""

    facts: Facts
    fields: Fields


class Variation(NamedTuple):
    """Variation of one teacher call: persona, angle of the text, and few-shot examples."""

    persona: str = ""
    angle: str = ""
    shown: Sequence[FewShotExample] = ()


PLAIN = Variation()
# Earlier mails to the same reader, oldest first, each with `subject` and `body`; slots stay unfilled. After an answer
# of the reader, the last one has its `reply_class`, a label and never the reader's words.
Thread = Sequence[Mapping[str, str]]


class CompletionError(ValueError):
    """Completion that does not fit the task's output format; names the expected one."""


def messages(
    spec: TaskSpec, facts: Facts, *, audience: Audience, variation: Variation = PLAIN, thread: Thread = ()
) -> list[Message]:
    """Render the prompt for one record.

    Args:
        facts: The record's facts by input field name; unknown keys are ignored.
        audience: Chooses the long teacher template or the short student template.
        variation: For teachers only. Examples are turns before the record, so that calls share a prefix; persona and
            angle follow the record.
        thread: Earlier mails of a follow-up, and the class of the reader's answer, placed after the facts for both
            audiences. Prompts without a thread never change.

    Returns:
        One or two messages with `role` and `content`, and two more for each example; declared slots stay unfilled.

    Raises:
        ValueError: An example does not fit the output schema.
    """
    template = spec.teacher_template if audience == "teacher" else spec.student_template

    def filled(match: re.Match[str]) -> str:
        value = _value(spec, facts, match["name"], is_alone=_is_alone(match))
        return match.group(0) if value is None else value

    # Split before filling in: a fact that contains the mark must not begin a message of its own.
    system, user = (SLOT.sub(filled, part) for part in _split_roles(template))
    head = [{"role": "system", "content": system}] if system else []
    user += after_facts(thread)
    if audience == "student":
        return [*head, {"role": "user", "content": user}]
    turns = [turn for shown in variation.shown for turn in _turns(spec, shown)]
    return [*head, *turns, {"role": "user", "content": user + _stance(variation)}]


def facts_read(spec: TaskSpec) -> set[str]:
    """Return the names of the facts in a student's prompt; all of them where its template takes the whole sheet."""
    names = {field.name for field in spec.input_schema}
    slots = {match["name"].removeprefix("fact.") for match in SLOT.finditer(spec.student_template)}
    return slots & names or names


def _is_alone(slot: re.Match[str]) -> bool:
    before, after = slot.string[: slot.start()].rpartition("\n")[2], slot.string[slot.end() :].partition("\n")[0]
    return not before.strip() and not after.strip()


def _turns(spec: TaskSpec, shown: FewShotExample) -> list[Message]:
    question = messages(spec, shown.facts, audience="teacher")[-1]
    return [question, {"role": "assistant", "content": completion(spec, shown.fields)}]


def after_facts(thread: Thread) -> str:
    """Write the part of a follow-up's prompt after the facts: earlier mails, class of the answer or silence, number."""
    if not thread:
        return ""
    mails = [
        f"Mail {number}\nSubject: {mail.get('subject', '')}\n\n{mail.get('body', '')}"
        for number, mail in enumerate(thread, start=1)
    ]
    if reply_class := thread[-1].get("reply_class", ""):
        wish = (
            f"Write mail {len(thread) + 1} of this thread: it takes up that answer as far as this class tells, claims "
            "nothing of what the reader wrote, and repeats none of the sentences above."
        )
        answer = f"The reader has answered, in words you are not shown. The answer was sorted as: {reply_class}."
        return "\n\n".join(["", "The reader got this before:", *mails, answer, wish])
    wish = (
        f"Write mail {len(thread) + 1} of this thread: a follow-up that refers to what was sent in a few words, "
        "brings one thing it did not say, and repeats none of its sentences."
    )
    return "\n\n".join(["", "The reader got this before and has not answered:", *mails, wish])


def _stance(variation: Variation) -> str:
    lines = (
        f"Write as this person would: {variation.persona}" if variation.persona else "",
        f"Take this way into the text: {variation.angle}" if variation.angle else "",
    )
    stance = "\n".join(line for line in lines if line)
    return f"\n\n{stance}" if stance else ""


def completion(spec: TaskSpec, fields: Fields) -> str:
    """Write fields as a model's answer: a mail, plain text, a bare label or number, or canonical JSON, by the schema.

    Raises:
        ValueError: The fields do not fit the schema.
    """
    normal = normalise_fields(spec.output_schema, fields)
    if mail := mail_fields(spec.output_schema):
        subject, body = mail
        return f"Subject: {normal[subject]}\n\n{normal[body]}"
    if is_plain(spec.output_schema):
        return str(normal[spec.output_schema[0].name])
    if field := bare_field(spec.output_schema):
        return bare_text(normal[field.name])
    return json.dumps(normal, ensure_ascii=False, indent=1)


def parse(spec: TaskSpec, text: str) -> Fields:
    """Read a model's answer into fields; the inverse of `completion`.

    Thinking, a fence around the whole answer, and words around a JSON object are removed. An answer without its
    reasoning is read too, because some students are tuned without it.

    Raises:
        CompletionError: The text does not fit the task's output format.
    """
    body = thinking.without_thinking(text)
    if fenced := _FENCE.match(body):
        body = fenced.group(1).strip()
    if not body:
        raise CompletionError("the answer is empty" if not text.strip() or fenced else "the answer is thinking alone")
    bare = spec.without_reasoning().output_schema
    if not (is_plain(spec.output_schema) or mail_fields(bare)):
        body = object_in(body)
    # Any prose would pass for a plain text, so there the reasoning has to be marked as such.
    schema = spec.output_schema if body.startswith("{") or is_plain(bare) else bare
    try:
        return normalise_fields(spec.output_schema, _parsed(schema, body))
    except ValueError as error:
        raise CompletionError(str(error)) from error


def object_in(text: str) -> str:
    """Return the one JSON object of a text without words or a fence around it, or commas before its ends.

    Any other text is returned as it is.
    """
    inner = text[text.find("{") : text.rfind("}") + 1]
    return next(filter(_is_object, _mended(inner)), text)


def _mended(text: str) -> Iterator[str]:
    yield text
    yield _LAST_COMMA.sub(lambda match: match[1] or "", text)


def _is_object(text: str) -> bool:
    try:
        return isinstance(strict_json.parse(text, has_raw_breaks=True), dict)
    except ValueError:
        return False


def _parsed(schema: tuple[OutputField, ...], body: str) -> Fields:
    if mail := mail_fields(schema):
        return _parse_mail(body, *mail)
    if is_plain(schema):
        return {schema[0].name: body}
    if field := bare_field(schema):
        return _parse_bare(field, body)
    fields: Fields = _parse_json(body)
    return fields


def prompt_hash(rendered: list[Message]) -> str:
    """Return the SHA-256 of the messages' canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(rendered).encode()).hexdigest()


def fields_hash(fields: Fields) -> str:
    """Return the SHA-256 of the fields' canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(fields).encode()).hexdigest()


def canonical_json(value: object) -> str:
    """Write JSON with sorted keys, no blanks and raw Unicode: equal values give equal bytes."""
    return _CANONICAL.encode(value)


def facts_sheet(spec: TaskSpec, facts: Facts) -> str:
    """Write the facts by `fact_lines`."""
    return fact_lines.sheet(spec.input_schema, facts)


def _parse_bare(field: OutputField, body: str) -> Fields:
    """Read a bare value; also one in JSON under its field's name, in quotes, or with a full stop."""
    plain = body.strip("\"'`* ")
    # A label may hold any of these signs itself.
    if label := label_of(field.labels, body) or label_of(field.labels, plain):
        return {field.name: label}
    if body.startswith("{"):
        value = _parse_json(body)
        return {field.name: value} if not isinstance(value, dict) else value
    return {field.name: plain.removesuffix(".")}


def _value(spec: TaskSpec, facts: Facts, slot: str, *, is_alone: bool) -> str | None:
    """Return the text of a template's slot; None for a slot that is filled only when a mail is sent."""
    if slot == "facts":
        return facts_sheet(spec, facts)
    if slot in _OF_THE_TASK:
        return _OF_THE_TASK[slot](spec)
    kind, _, name = slot.partition(".")
    field = next((field for field in spec.input_schema if field.name == name), None) if kind == "fact" else None
    return fact_lines.in_slot(field, facts.get(name), is_alone=is_alone) if field else None


# Slots with the same text for all records, computed only where a template has them.
_OF_THE_TASK: dict[str, Callable[[TaskSpec], str]] = {
    "instruction": attrgetter("instruction"),
    "guideline": attrgetter("guideline"),
    "language": attrgetter("language"),
    "rubric": rubric_lines,
    "output_format": output_format,
    "offer": offer_lines,
    "offer.claims": claim_lines,
    "offer.forbidden_phrases": forbidden_phrases,
    **{
        f"offer.{word}": attrgetter(f"offer.{word}")
        for word in ("seller", "product", "description", "tone", "signature")
    },
}


def _split_roles(template: str) -> tuple[str, str]:
    if USER_MARK not in template:
        return "", template.strip()
    system, user = template.split(USER_MARK, 1)
    return system.replace(SYSTEM_MARK, "", 1).strip(), user.strip()


def _parse_mail(text: str, subject: str, body: str) -> Fields:
    first, _, rest = text.partition("\n")
    match = _SUBJECT.match(first.strip())
    if match is None:
        raise CompletionError("the answer does not begin with 'Subject: '")
    return {subject: match.group(1), body: rest.strip()}


def _parse_json(text: str) -> Any:
    try:
        value = strict_json.parse(text, has_raw_breaks=True, has_unique_keys=True)
    except ValueError as error:
        raise CompletionError(f"the answer is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CompletionError(f"the answer is a JSON {type(value).__name__}, expected an object")
    return value
