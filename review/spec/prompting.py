"""The one renderer: (task spec, facts) to messages, and fields to completion text and back.

Pure Python. Teachers, exports, training, evaluation and serving all call it, so that their prompts are equal to the
byte. It does not know who asks, which model answers, or where records are kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from review.spec import fact_lines, thinking
from review.spec.offer_lines import claim_lines, forbidden_phrases, offer_lines, rubric_lines
from review.spec.output_format import bare_field, bare_text, is_plain, mail_fields, output_format
from review.spec.schema import SLOT, Facts, Fields, OutputField
from review.spec.task_spec import SYSTEM_MARK, USER_MARK, TaskSpec
from review.spec.values import label_of, normalise_fields
from web import strict_json

Message = dict[str, str]
Audience = Literal["teacher", "student"]
_FENCE = re.compile(r"\A```[a-zA-Z]*\n(.*?)\n?```\Z", re.DOTALL)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_SUBJECT = re.compile(r"\A(?:\*\*)?subject(?:\*\*)?\s*:\s*(?:\*\*)?\s*(.*)\Z", re.IGNORECASE)


class FewShotExample(NamedTuple):
    """A record and what was approved for it, shown to a teacher as an example."""

    facts: Facts
    fields: Fields


class Variation(NamedTuple):
    """Variation of one teacher call: its persona, the angle of the text, and its few-shot examples."""

    persona: str = ""
    angle: str = ""
    shown: Sequence[FewShotExample] = ()


PLAIN = Variation()
# Earlier mails to the same reader, the first one first, each with its `subject` and `body`; slots stay unfilled. Where the
# reader has answered, the last one says by `reply_class` what that answer was sorted as, a label and never their words.
Thread = Sequence[Mapping[str, str]]


class CompletionError(ValueError):
    """A completion that is not of the task's output shape; says what was expected."""


def messages(
    spec: TaskSpec, facts: Facts, *, audience: Audience, variation: Variation = PLAIN, thread: Thread = ()
) -> list[Message]:
    """Render the prompt for one record.

    Args:
        facts: The record's facts by input field name; unknown keys are left out.
        audience: The long teacher template or the short student template.
        variation: For a teacher: examples come as turns of the conversation before the record, so that the beginning is
            the same in all calls, and persona and angle after it. A student is told nothing of it.
        thread: For a follow-up: the mails its reader got before, and what class their answer is of, if they answered. They
            come after the facts, for both audiences; without them the prompt is the same to the byte as it ever was.

    Returns:
        One or two messages with `role` and `content`, and two more for each example; declared slots stay as they are.

    Raises:
        ValueError: An example does not fit the output schema.
    """
    template = spec.teacher_template if audience == "teacher" else spec.student_template

    def filled(match: re.Match[str]) -> str:
        value = _value(spec, facts, match["name"], is_alone=_is_alone(match))
        return match.group(0) if value is None else value

    # Split before filling in: a fact that contains the mark must not open a message of its own.
    system, user = (SLOT.sub(filled, part) for part in _split_roles(template))
    head = [{"role": "system", "content": system}] if system else []
    user += after_facts(thread)
    if audience == "student":
        return [*head, {"role": "user", "content": user}]
    turns = [turn for shown in variation.shown for turn in _turns(spec, shown)]
    return [*head, *turns, {"role": "user", "content": user + _stance(variation)}]


def facts_read(spec: TaskSpec) -> set[str]:
    """Names of the facts that a student's prompt is made of; all of them where its template takes them together."""
    names = {field.name for field in spec.input_schema}
    slots = {match["name"].removeprefix("fact.") for match in SLOT.finditer(spec.student_template)}
    return slots & names or names


def _is_alone(slot: re.Match[str]) -> bool:
    before, after = slot.string[: slot.start()].rpartition("\n")[2], slot.string[slot.end() :].partition("\n")[0]
    return not before.strip() and not after.strip()


def _turns(spec: TaskSpec, shown: FewShotExample) -> list[Message]:
    asked = messages(spec, shown.facts, audience="teacher")[-1]
    return [asked, {"role": "assistant", "content": completion(spec, shown.fields)}]


def after_facts(thread: Thread) -> str:
    """Return what a follow-up is told beside its facts: the mails before it, silence or the class of the answer, its number."""
    if not thread:
        return ""
    mails = [
        f"Mail {number}\nSubject: {mail.get('subject', '')}\n\n{mail.get('body', '')}"
        for number, mail in enumerate(thread, start=1)
    ]
    if reply_class := thread[-1].get("reply_class", ""):
        wish = (
            f"Write mail {len(thread) + 1} of this thread: it takes up that answer as far as this class tells, claims nothing of "
            "what the reader wrote, and repeats none of the sentences above."
        )
        said = f"The reader has answered, in words you are not shown. The answer was sorted as: {reply_class}."
        return "\n\n".join(["", "The reader got this before:", *mails, said, wish])
    wish = (
        f"Write mail {len(thread) + 1} of this thread: a follow-up that refers to what was sent in a few words, brings one "
        "thing it did not say, and repeats none of its sentences."
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
    """Text a model is taught to answer with: a mail, plain text, a bare label or number, or canonical JSON, by the schema.

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
    """Read a model's answer back into fields; the inverse of `completion`.

    Thinking is taken out, and a fenced block around the whole answer is taken off, since large models like to add one. An
    answer without the reasoning it might begin with is read too, as a student writes it that was taught without.

    Raises:
        CompletionError: The text is not of the task's shape.
    """
    body = thinking.without_thinking(text)
    if fenced := _FENCE.match(body):
        body = fenced.group(1).strip()
    if not body:
        raise CompletionError("the answer is empty" if not text.strip() or fenced else "the answer is thinking alone")
    bare = spec.without_reasoning().output_schema
    # Any prose would pass for a plain text: there the answer has to say which part is the reasoning.
    schema = spec.output_schema if body.startswith("{") or is_plain(bare) else bare
    try:
        return normalise_fields(spec.output_schema, _parsed(schema, body))
    except ValueError as error:
        raise CompletionError(str(error)) from error


def _parsed(schema: tuple[OutputField, ...], body: str) -> Fields:
    if mail := mail_fields(schema):
        return _parse_mail(body, *mail)
    if is_plain(schema):
        return {schema[0].name: body}
    if field := bare_field(schema):
        return _parse_bare(field, body)
    found: Fields = _parse_json(body)
    return found


def prompt_hash(rendered: list[Message]) -> str:
    """SHA-256 of the canonical JSON of the messages, hex."""
    return hashlib.sha256(canonical_json(rendered).encode()).hexdigest()


def fields_hash(fields: Fields) -> str:
    """SHA-256 of the canonical JSON of a draft's fields, hex."""
    return hashlib.sha256(canonical_json(fields).encode()).hexdigest()


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no blanks and raw Unicode: equal values give equal bytes."""
    return _CANONICAL.encode(value)


def facts_sheet(spec: TaskSpec, facts: Facts) -> str:
    """The facts as lines in schema order, missing ones left out, as `fact_lines` writes them."""
    return fact_lines.sheet(spec.input_schema, facts)


def _parse_bare(field: OutputField, body: str) -> Fields:
    """The value of an answer; one that names its field in JSON, stands in quotes or ends in a full stop is read too."""
    if body.startswith("{"):
        found = _parse_json(body)
        return {field.name: found} if not isinstance(found, dict) else found
    plain = body.strip("\"'`* ")
    is_label = field.type != "choice" or label_of(field.labels, plain) is not None
    return {field.name: plain if is_label else plain.removesuffix(".")}


def _value(spec: TaskSpec, facts: Facts, slot: str, *, is_alone: bool) -> str | None:
    """Return the text of a slot of a template; None for one that is filled only when a mail is sent."""
    if slot == "facts":
        return facts_sheet(spec, facts)
    if slot in _OF_THE_TASK:
        return _OF_THE_TASK[slot](spec)
    kind, _, name = slot.partition(".")
    field = next((field for field in spec.input_schema if field.name == name), None) if kind == "fact" else None
    return fact_lines.in_slot(field, facts.get(name), is_alone=is_alone) if field else None


# What slots stand for that are the same for all records. A prompt pays only for those that its template has.
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
        value = strict_json.parse(text)
    except ValueError as error:
        raise CompletionError(f"the answer is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CompletionError(f"the answer is a JSON {type(value).__name__}, expected an object")
    return value
