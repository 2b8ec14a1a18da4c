"""Revision of a draft by an instruction in plain English; the same arguments give the same text in any process.

Replaces a paid model. It recognises a handful of wishes by their words: shorter, warmer, more concrete, mention
something, mend marks of the task's own checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from demo.offline_teacher.mail import company_of
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from review.text import checks

_WARM = "I hope your week goes well."
_ASK = "Could we talk about this in a short call next week?"
_SHORTEN_TO = 0.6
_TELLING_WORDS = 12
_MENTION = re.compile(
    r"\b(?:mention|mentioning|add|adding|include|including|name|say|bring in"
    r"|talk about)\s+(?:that\s+)?(.+?)(?=[.;,!?]|\s+and\s+(?:make|keep|drop|be)\b|$)",
    re.IGNORECASE,
)
_WISHES = {
    "shorter": re.compile(r"\b(short\w*|brief\w*|cut|trim|condense|too long|half)\b", re.IGNORECASE),
    "warmer": re.compile(r"\b(warm\w*|friendl\w*|kind\w*|personal)\b", re.IGNORECASE),
    "concrete": re.compile(r"\b(concrete|specific\w*|detail\w*|facts?|numbers?)\b", re.IGNORECASE),
    "mend": re.compile(r"\b(mend\w*|fix\w*|correct\w*|mark\w*|wrong|mistake\w*|repair\w*)\b", re.IGNORECASE),
}
_SMALL = frozenset({"the", "their", "its", "our", "your", "his", "her", "and", "for", "with", "that", "one", "fact"})
# Marks whose whole sentence is dropped; others are mended in place.
_DROPPED = frozenset({"unsupported", "spam", "forbidden", "repetition"})
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
# A greeting ends in a comma; other punctuation is no sign, because a slot has a dot in it.
_GREETING = re.compile(r"\A[^\n!?]{1,60},\Z")


@dataclass
class Text:
    """Text as one or more paragraphs of sentences, with greeting and signature apart."""

    greeting: str
    paragraphs: list[list[str]]
    signature: str

    @classmethod
    def of(cls, text: str, *, signature: str = "") -> Text:
        """Split a text; `signature` is that of the task, if any."""
        body, end = text.strip(), signature.strip()
        if end and body.endswith(end):
            body = body[: -len(end)].rstrip()
        else:
            end = ""
        blocks = [block.strip() for block in re.split(r"\n\s*\n", body) if block.strip()]
        greeting = blocks.pop(0) if len(blocks) > 1 and _GREETING.match(blocks[0]) else ""
        if not end and len(blocks) > 1 and not re.search(r"[.!?]", blocks[-1]):
            # For a task without a signature, the last lines that form no sentence are one.
            end = blocks.pop()
        return cls(greeting, [_SENTENCE.split(block) for block in blocks] or [[]], end)

    @property
    def words(self) -> int:
        """Count the words between greeting and signature."""
        return sum(len(sentence.split()) for block in self.paragraphs for sentence in block)

    def joined(self) -> str:
        blocks = [self.greeting, *(" ".join(block) for block in self.paragraphs if block), self.signature]
        return "\n\n".join(block for block in blocks if block)

    def places(self) -> list[tuple[list[str], int]]:
        """Return the place of each sentence: its paragraph, and its number there."""
        return [(block, at) for block in self.paragraphs for at in range(len(block))]

    def drop_one(self) -> bool:
        """Drop the last statement that is neither the opening nor a question; return False without one."""
        for block, at in reversed(self.places()):
            is_opening = block is self.paragraphs[0] and at == 0
            if "?" not in block[at] and not is_opening:
                del block[at]
                return True
        return False

    def drop_sentence_with(self, words: str, *, last: bool = False) -> None:
        """Drop the first (or last) sentence with these words, unless it is the only one."""
        matches = [(block, at) for block, at in self.places() if words in block[at]]
        if matches and len(self.places()) > 1:
            block, at = matches[-1 if last else 0]
            del block[at]

    def replace(self, words: str, by: str) -> None:
        """Replace words, and mend the blank or comma that an empty replacement leaves."""
        for block, at in self.places():
            if words in block[at]:
                mended = block[at].replace(words, by, 1)
                mended = re.sub(r"\s+([.,;!?])", r"\1", re.sub(r"\s{2,}", " ", mended)).lstrip(" ,;")
                block[at] = mended[:1].upper() + mended[1:]
                return

    def add_before_question(self, sentence: str) -> None:
        """Insert a sentence before the last question, or at the end without one."""
        for at in range(len(self.paragraphs) - 1, -1, -1):
            for index, paragraph in enumerate(self.paragraphs[at]):
                if "?" in paragraph:
                    if index == 0 and at > 0:
                        self.paragraphs[at - 1].append(sentence)
                    else:
                        self.paragraphs[at].insert(index, sentence)
                    return
        self.paragraphs[-1].append(sentence)

    def cut_to(self, chars: int) -> None:
        """Cut the text between words to a length."""
        self.paragraphs = [[self.joined()[: chars + 1].rsplit(" ", 1)[0][:chars].rstrip(" ,;:")]]
        self.greeting = self.signature = ""


def revise(task: TaskSpec, facts: Mapping[str, Any], draft: Fields, instruction: str) -> Fields:
    """Revise a draft by an instruction.

    Args:
        draft: Fields of the output schema.
        instruction: Wish for a change. Without a known wish the marks of checks are mended, and without marks the text
            is shortened: a revision differs wherever possible.

    Returns:
        Fields in the order of the draft.
    """
    name = _longest_text(task, draft)
    if name is None:
        return dict(draft)
    requests = [wish for wish, pattern in _WISHES.items() if pattern.search(_without_mentions(instruction))]
    mentions = [match.strip() for match in _MENTION.findall(instruction)]
    fields = _applied(task, facts, dict(draft), name, requests, mentions)
    if fields == draft:
        fields = _applied(task, facts, dict(draft), name, ["mend"], [])
    return fields if fields != draft else _applied(task, facts, dict(draft), name, ["shorter"], [])


def _applied(
    task: TaskSpec, facts: Mapping[str, Any], fields: Fields, name: str, requests: list[str], mentions: list[str]
) -> Fields:
    if "mend" in requests:
        fields = _mended(task, facts, fields, name)
    text = Text.of(str(fields[name]), signature=task.offer.signature)
    verbs: dict[str, Callable[[], None]] = {
        "shorter": lambda: _shorten(text),
        "warmer": lambda: _warm(text),
        "concrete": lambda: _tell_more(text, facts),
    }
    for wish, verb in verbs.items():
        if wish in requests:
            verb()
    for mention in mentions:
        _mention(text, facts, mention)
    return {**fields, name: text.joined()}


def _mended(task: TaskSpec, facts: Mapping[str, Any], fields: Fields, name: str) -> Fields:
    """Drop unsupported, spammy or repeated sentences, add missing text, and cut to length."""
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
            text.paragraphs.append([_ASK])
        elif mark.check == "names_company":
            text.paragraphs[0].insert(1, f"This is written for {_company(facts)}.")
        elif mark.check == "length":
            _cut(text, mark.field, task)
        mended[mark.field] = text.joined()
    return mended


def _cut(text: Text, field: str, task: TaskSpec) -> None:
    schema = next((mark for mark in task.output_schema if mark.name == field), None)
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
        text.paragraphs[0].insert(0, _WARM)


def _tell_more(text: Text, facts: Mapping[str, Any]) -> None:
    present_text = text.joined().lower()
    for key, value in facts.items():
        words = _as_words(value)
        if words and words.lower() not in present_text and len(words.split()) <= _TELLING_WORDS and "://" not in words:
            text.add_before_question(_sentence(key, words, facts))
            return


def _mention(text: Text, facts: Mapping[str, Any], wish: str) -> None:
    """Add the requested fact, or the words themselves as a topic and not as a claim."""
    wish_words = {word for word in re.findall(r"\w+", wish.lower()) if len(word) > 2} - _SMALL
    for key, value in facts.items():
        words = _as_words(value)
        fact_words = set(re.findall(r"\w+", f"{key} {words}".lower().replace("_", " ")))
        if words and wish_words & fact_words and len(words.split()) <= 2 * _TELLING_WORDS:
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
    """Drop the words to mention from an instruction: "mention the warm store" requests no warmth."""
    return _MENTION.sub(" ", instruction)


def _longest_text(task: TaskSpec, draft: Fields) -> str | None:
    texts = [field.name for field in task.output_schema if field.type == "text" and draft.get(field.name)]
    return max(texts, key=lambda name: len(str(draft[name])), default=None)
