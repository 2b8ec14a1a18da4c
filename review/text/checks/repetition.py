"""Repetition: the same sentence twice, or the same run of six words three times."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import SPACED, WORD, sentences

LABEL, NAME = "Repetition", _("repetition")
DESCRIPTION = "The same sentence twice, or the same six words thrice."
LANGUAGES: frozenset[str] | None = SPACED
_RUN_WORDS = 6
_RUN_TIMES = 3
_SENTENCE_WORDS = 4


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader of texts."""

    def read(passage: CheckedText) -> Iterator[Mark]:
        marks = list(_sentences_again(passage))
        # A sentence three times is also its runs three times; one mark is enough.
        yield from marks or _runs_again(passage)

    return read


def _sentences_again(passage: CheckedText) -> Iterator[Mark]:
    earlier: set[str] = set()
    for sentence in sentences(passage.text):
        words = WORD.findall(sentence.group().casefold())
        if len(words) < _SENTENCE_WORDS:
            continue
        key = " ".join(words)
        if key in earlier:
            message = "This sentence appears twice"
            yield Mark("repetition", passage.field, sentence.start(), sentence.end(), message, "error", "Delete one.")
        earlier.add(key)


def _runs_again(passage: CheckedText) -> Iterator[Mark]:
    words = list(WORD.finditer(passage.text))
    texts = [word.group().lower() for word in words]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index in _possible_starts(texts):
        places[tuple(texts[index : index + _RUN_WORDS])].append(index)
    for run, starts in places.items():
        if len(starts) >= _RUN_TIMES:
            last = starts[-1]
            start, end = words[last].start(), words[last + _RUN_WORDS - 1].end()
            message = f"'{' '.join(run)}' appears {len(starts)} times"
            yield Mark("repetition", passage.field, start, end, message, "warning", "Say it once.")
            return


def _possible_starts(texts: list[str]) -> Iterator[int]:
    """Yield positions of six consecutive words that each occur three times; only there can a run occur three times."""
    counts = Counter(texts)
    length = 0
    for index, word in enumerate(texts):
        length = length + 1 if counts[word] >= _RUN_TIMES else 0
        if length >= _RUN_WORDS:
            yield index - _RUN_WORDS + 1
