"""Writes a draft again by an instruction in plain English; the same arguments give the same text in any process.

The stand-in for a paid model that is told what to change. It knows a handful of wishes by their words and does each for
real: shorter, warmer, more concrete, mention something, mend what is marked. Marks come from the task's own checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from demo.offline_teacher.mail import company_of
from demo.offline_teacher.text import Text
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from review.text import checks

_WARM = "I hope your week goes well."
_ASK = "Could we talk about this in a short call next week?"
_SHORTEN_TO = 0.6
_TELLING_WORDS = 12
_MENTION = re.compile(
    r"\b(?:mention|mentioning|add|adding|include|including|name|say|bring in|talk about)\s+(?:that\s+)?(.+?)(?=[.;,!?]|\s+and\s+(?:make|keep|drop|be)\b|$)",
    re.IGNORECASE,
)
_WISHES = {
    "shorter": re.compile(r"\b(short\w*|brief\w*|cut|trim|condense|too long|half)\b", re.IGNORECASE),
    "warmer": re.compile(r"\b(warm\w*|friendl\w*|kind\w*|personal)\b", re.IGNORECASE),
    "concrete": re.compile(r"\b(concrete|specific\w*|detail\w*|facts?|numbers?)\b", re.IGNORECASE),
    "mend": re.compile(r"\b(mend\w*|fix\w*|correct\w*|mark\w*|wrong|mistake\w*|repair\w*)\b", re.IGNORECASE),
}
_SMALL = frozenset({"the", "their", "its", "our", "your", "his", "her", "and", "for", "with", "that", "one", "fact"})
# What is left of a sentence of such a mark is not worth keeping; other marks are mended in place.
_DROPPED = frozenset({"unsupported", "spam", "forbidden", "repetition"})


def revise(task: TaskSpec, facts: Mapping[str, Any], draft: Fields, instruction: str) -> Fields:
    """The draft as the instruction wants it.

    Args:
        draft: Fields of the output schema.
        instruction: What shall change. Where no wish is understood, what the checks mark is mended, and failing that
            the text is made shorter: a revision always differs if it can.

    Returns:
        Fields in the order of the draft.
    """
    name = _longest_text(task, draft)
    if name is None:
        return dict(draft)
    wanted = [wish for wish, pattern in _WISHES.items() if pattern.search(_without_mentions(instruction))]
    mentions = [match.strip() for match in _MENTION.findall(instruction)]
    fields = _applied(task, facts, dict(draft), name, wanted, mentions)
    if fields == draft:
        fields = _applied(task, facts, dict(draft), name, ["mend"], [])
    return fields if fields != draft else _applied(task, facts, dict(draft), name, ["shorter"], [])


def _applied(
    task: TaskSpec, facts: Mapping[str, Any], fields: Fields, name: str, wanted: list[str], mentions: list[str]
) -> Fields:
    if "mend" in wanted:
        fields = _mended(task, facts, fields, name)
    text = Text.of(str(fields[name]), signature=task.offer.signature)
    verbs: dict[str, Callable[[], None]] = {
        "shorter": lambda: _shorten(text),
        "warmer": lambda: _warm(text),
        "concrete": lambda: _tell_more(text, facts),
    }
    for wish, verb in verbs.items():
        if wish in wanted:
            verb()
    for mention in mentions:
        _mention(text, facts, mention)
    return {**fields, name: text.joined()}


def _mended(task: TaskSpec, facts: Mapping[str, Any], fields: Fields, name: str) -> Fields:
    """Drop unsupported, shouting or repeated sentences; add missing text; cut to length."""
    mended = dict(fields)
    for mark in sorted(checks.run(task, dict(facts), fields), key=lambda mark: -mark.start):
        value = mended.get(mark.field)
        if not isinstance(value, str):
            continue
        text = Text.of(value, signature=task.offer.signature if mark.field == name else "")
        if mark.check in _DROPPED:
            text.drop_sentence_with(value[mark.start : mark.end], last=mark.check == "repetition")
        elif mark.check == "placeholders":
            text.replace(value[mark.start : mark.end], _company(facts) if "ompany" in value[mark.start :] else "")
        elif mark.check == "call_to_action":
            text.add_last(_ASK)
        elif mark.check == "names_company":
            text.add_after_opening(f"This is written for {_company(facts)}.")
        elif mark.check == "length":
            _cut(text, mark.field, task)
        mended[mark.field] = text.joined()
    return mended


def _cut(text: Text, field: str, task: TaskSpec) -> None:
    schema = next((one for one in task.output_schema if one.name == field), None)
    if schema is None:
        return
    while schema.max_words and len(text.joined().split()) > schema.max_words and text.drop_one():
        pass
    if schema.max_chars and len(text.joined()) > schema.max_chars:
        text.cut_to(schema.max_chars)


def _shorten(text: Text) -> None:
    goal = max(1, int(text.words * _SHORTEN_TO))
    while text.words > goal and text.drop_one():
        pass


def _warm(text: Text) -> None:
    if _WARM not in text.joined():
        text.add_first(_WARM)


def _tell_more(text: Text, facts: Mapping[str, Any]) -> None:
    present_text = text.joined().lower()
    for key, value in facts.items():
        words = _as_words(value)
        if words and words.lower() not in present_text and len(words.split()) <= _TELLING_WORDS and "://" not in words:
            text.add_before_question(_sentence(key, words, facts))
            return


def _mention(text: Text, facts: Mapping[str, Any], wish: str) -> None:
    """Add the requested fact, else the words themselves, as a subject and not as a claim."""
    wanted = {word for word in re.findall(r"\w+", wish.lower()) if len(word) > 2} - _SMALL
    for key, value in facts.items():
        words = _as_words(value)
        fact_words = set(re.findall(r"\w+", f"{key} {words}".lower().replace("_", " ")))
        if words and wanted & fact_words and len(words.split()) <= 2 * _TELLING_WORDS:
            if words.lower() not in text.joined().lower():
                text.add_before_question(_sentence(key, words, facts))
            return
    if wish.lower() not in text.joined().lower():
        text.add_before_question(f"We could also talk about {wish}.")


def _sentence(key: str, words: str, facts: Mapping[str, Any]) -> str:
    label = key.replace("_", " ")
    if label == "trigger":
        return f"I read that {_company(facts)} {words}."
    return f"For {_company(facts)}, the {label} is {words}."


def _company(facts: Mapping[str, Any]) -> str:
    return company_of({key: _as_words(value) for key, value in facts.items()})


def _as_words(value: object) -> str:
    parts = value if isinstance(value, list | tuple) else ["" if value is None else value]
    return ", ".join(str(part).strip().rstrip(".") for part in parts)


def _without_mentions(instruction: str) -> str:
    """Drop what the instruction wants mentioned: "mention the warm store" asks for no warmth."""
    return _MENTION.sub(" ", instruction)


def _longest_text(task: TaskSpec, draft: Fields) -> str | None:
    texts = [field.name for field in task.output_schema if field.type == "text" and draft.get(field.name)]
    return max(texts, key=lambda name: len(str(draft[name])), default=None)
