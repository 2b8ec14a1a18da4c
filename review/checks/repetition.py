"""Repetition: the same sentence twice, or the same run of six words thrice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from review.checks.mark import Mark, Passage, Reader
from review.checks.words import SPACED, WORD, sentences
from review.spec import TaskSpec

LANGUAGES: frozenset[str] | None = SPACED
_RUN_WORDS = 6
_RUN_TIMES = 3
_SENTENCE_WORDS = 4


def prepare(spec: TaskSpec) -> Reader | None:  # noqa: ARG001 (every check is prepared the same way)
    """A reader of one text."""

    def read(passage: Passage) -> Iterator[Mark]:
        marks = list(_sentences_again(passage))
        # A sentence said thrice is its own runs said thrice; once marked is enough.
        yield from marks or _runs_again(passage)

    return read


def _sentences_again(passage: Passage) -> Iterator[Mark]:
    seen: set[str] = set()
    for sentence in sentences(passage.text):
        words = WORD.findall(sentence.group().casefold())
        if len(words) < _SENTENCE_WORDS:
            continue
        key = " ".join(words)
        if key in seen:
            message = "This sentence stands here twice"
            yield Mark("repetition", passage.field, sentence.start(), sentence.end(), message, "error", "Delete one.")
        seen.add(key)


def _runs_again(passage: Passage) -> Iterator[Mark]:
    words = list(WORD.finditer(passage.text.casefold()))
    if len(words) < _RUN_WORDS * _RUN_TIMES:
        return
    texts = [word.group() for word in words]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index in range(len(words) - _RUN_WORDS + 1):
        places[tuple(texts[index : index + _RUN_WORDS])].append(index)
    for run, starts in places.items():
        if len(starts) >= _RUN_TIMES:
            last = starts[-1]
            start, end = words[last].start(), words[last + _RUN_WORDS - 1].end()
            message = f"'{' '.join(run)}' stands here {len(starts)} times"
            yield Mark("repetition", passage.field, start, end, message, "warning", "Say it once.")
            return
