"""Facts, the offer and the rubric as lines of a prompt; no fact can pass for another. Pure Python.

A fact of one line follows its name. Longer ones are indented below it, as are the further lines of a turn or of a text
in a list. A line without indentation is always the name of a fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from review.spec.schema import Facts, InputField
from review.spec.task_spec import TaskSpec

INDENT = "  "
_NAMED = re.compile(r"([a-z][a-z0-9_]*):[ \t]*(.*)")
_PART = re.compile(r"\n- ")
_FURTHER_LINE = re.compile(r"\n(?=[^\n])")
# Types that are always indented blocks.
_BLOCKS = frozenset({"conversation", "document"})


def sheet(schema: Iterable[InputField], facts: Facts) -> str:
    """Write the facts in schema order, without missing ones."""
    entries = [(field, fact_text(field, facts.get(field.name))) for field in schema]
    return "\n".join(_entry(field, text) for field, text in entries if text)


def read_sheet(schema: Iterable[InputField], prompt: str) -> Facts:
    """Read the facts of a prompt that holds a sheet, as texts and lists of texts; the first of each name counts.

    Conversations are left out, because their written turns are ambiguous.
    """
    kinds = {field.name: field.type for field in schema if field.type != "conversation"}
    facts: Facts = {}
    lines: list[str] | None = None
    for line in prompt.split("\n"):
        if match := _NAMED.fullmatch(line):
            lines = facts.setdefault(match[1], [match[2]]) if match[1] in kinds and match[1] not in facts else None
        elif lines is not None and (not line or line.startswith(INDENT)):
            lines.append(line.removeprefix(INDENT))
        else:
            lines = None
    texts = {name: "\n".join(parts).strip() for name, parts in facts.items()}
    return {name: _parts(text) if kinds[name] == "list" else text for name, text in texts.items() if text}


def _parts(text: str) -> Any:
    """Split a list with one text a line; return any other text unchanged."""
    parts = _PART.split(f"\n{text}")
    return [part.replace(f"\n{INDENT}", "\n").strip() for part in parts[1:]] if not parts[0] and parts[1:] else text


def _entry(field: InputField, text: str) -> str:
    if field.type in _BLOCKS or "\n" in text:
        return f"{field.name}:\n{INDENT}{hanging(text)}"
    return f"{field.name}: {text}"


def in_slot(field: InputField, value: object, *, is_alone: bool) -> str:
    """Write a fact for a slot of a template.

    Within a line, the further lines of a text are indented, so that they cannot pass for lines of the template.
    Documents and conversations stay unchanged: a template induced from a log has to render that log's prompts.
    """
    text = fact_text(field, value)
    return text if is_alone or field.type in _BLOCKS else hanging(text)


def unhung(text: str) -> str:
    """Undo `hanging`; return any other text unchanged."""
    first, *further = text.split("\n")
    if not all(not line or line.startswith(INDENT) for line in further):
        return text
    return "\n".join([first, *(line.removeprefix(INDENT) for line in further)])


def hanging(text: str) -> str:
    """Indent the further lines of a text, so that none can pass for a line of the prompt."""
    return _FURTHER_LINE.sub(f"\n{INDENT}", text)


def fact_text(field: InputField, value: object) -> str:
    """Return the value of a fact as text with its own lines; empty where it is missing."""
    if field.type == "conversation" and isinstance(value, list):
        return "\n".join(f"{turn.get('role', '')}: {hanging(_lines(turn.get('content', '')))}" for turn in value)
    if field.type == "document" and isinstance(value, str):
        return "\n".join(parted(value).splitlines()).strip()
    if isinstance(value, dict) or (value and field.type == "object"):
        return json.dumps(value, ensure_ascii=False)
    return _plain(value)


def parted(text: str) -> str:
    """Return a text whose pages are parted by an empty line."""
    return text.replace("\f", "\n\n")


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _list([_plain(part) for part in value]) if isinstance(value, list) else _tidy(str(value))


def _list(texts: list[str]) -> str:
    """Join texts by semicolons, or by lines where one of them has a semicolon or several lines."""
    if any("\n" in text or ";" in text for text in texts):
        return "\n".join(f"- {hanging(text)}" for text in texts)
    return "; ".join(texts)


def _tidy(text: str) -> str:
    """Collapse blanks as the desk does, and keep line breaks."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines()).strip()


def _lines(text: object) -> str:
    return "\n".join(str(text).splitlines())


def rubric_lines(spec: TaskSpec) -> str:
    """Return each requirement with its description, one a line."""
    return "\n".join(f"- {r.name}: {r.description}" if r.description else f"- {r.name}" for r in spec.rubric)


def claim_lines(spec: TaskSpec) -> str:
    """Return the claims that drafts may make, one a line."""
    return "\n".join(f"- {claim}" for claim in spec.offer.claims)


def forbidden_phrases(spec: TaskSpec) -> str:
    """Return the forbidden phrases of the offer, separated by commas."""
    return ", ".join(spec.offer.forbidden_phrases)


def offer_lines(spec: TaskSpec) -> str:
    """Return the whole offer, without empty parts."""
    offer = spec.offer
    lines = (
        f"Seller: {offer.seller}" if offer.seller else "",
        f"Product: {offer.product}" if offer.product else "",
        offer.description,
        f"Allowed claims:\n{claim_lines(spec)}" if offer.claims else "",
        f"Never write: {forbidden_phrases(spec)}" if offer.forbidden_phrases else "",
        f"Tone: {offer.tone}" if offer.tone else "",
        f"Signature:\n{offer.signature}" if offer.signature else "",
    )
    return "\n".join(line for line in lines if line)
