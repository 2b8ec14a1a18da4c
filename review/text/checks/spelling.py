"""Spelling: words that are in no word list of the language, in no fact and nowhere in the task.

Names pass, and so do wrong words that are words. The check finds non-words, which small models make of pieces of words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from review.spec.schema import OutputField, OutputItem
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import WORD
from review.text.spelling import lexicon, nonwords
from review.text.spelling.nonwords import SpelledText

LABEL, NAME = "Spelling", _("spelling")
DESCRIPTION = "A word that is in no dictionary of the language, no fact and nowhere in the task."
LANGUAGES: frozenset[str] | None = lexicon.LANGUAGES
_NAMES = {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch"}
# A text with this many non-words, if they are a third of all words, is in another language: one mark says so.
_ENOUGH_TO_TELL = 6


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader of texts."""
    language = _NAMES[spec.language[:2]]
    task_words = words_of_task(spec)

    def read(passage: CheckedText) -> Iterator[Mark]:
        spelled = of_text(passage, spec, task_words)
        wrong = len(spelled.nonwords)
        if wrong >= _ENOUGH_TO_TELL and 3 * wrong > spelled.words:
            message = f"{wrong} of {spelled.words} words are not {language}"
            yield Mark("spelling", passage.field, 0, 0, message, "warning", "Check the language set in the task.")
            return
        for start, end in spelled.nonwords:
            word = passage.text[start : min(end, start + lexicon.LONGEST)]
            message = f"'{word}' is not in the {language} dictionary, the facts or the task"
            mend = "Correct it, or add the word to the guideline to allow it."
            yield Mark("spelling", passage.field, start, end, message, "warning", mend)

    return read


def fields(spec: TaskSpec) -> frozenset[str]:
    """Return the names of fields with words of the writer; a quote has the record's."""
    return frozenset(field.name for field in spec.output_schema if _is_written(field))


def words_of_task(spec: TaskSpec) -> frozenset[str]:
    """Return the words of the task's rubric, labels and fields, other than instruction, guideline and offer."""
    texts = [text for part in spec.rubric for text in (part.name, part.description)]
    for schema in (spec.input_schema, spec.output_schema):
        for field in schema:
            texts += [field.name.replace("_", " "), field.description]
            texts += [text for label in field.labels for text in (label.name, label.description)]
    return frozenset(WORD.findall("\n".join([*texts, spec.record_noun]).casefold()))


def of_text(passage: CheckedText, spec: TaskSpec, task_words: frozenset[str]) -> SpelledText:
    """Split one text into words and non-words; no word of a quote counts."""
    if passage.item.type == "quote":
        return SpelledText(0, [])
    return nonwords.read(passage.text, spec.language[:2], _EitherOf(passage.evidence.words, task_words))


@dataclass(frozen=True, slots=True)
class _EitherOf:
    """Union of two sets of words without a copy, which each passage would make."""

    facts: frozenset[str]
    task: frozenset[str]

    def __contains__(self, word: object) -> bool:
        return word in self.facts or word in self.task


def _is_written(item: OutputField | OutputItem) -> bool:
    return item.type == "text" or (item.type == "list" and not item.items) or any(map(_is_written, item.items))
