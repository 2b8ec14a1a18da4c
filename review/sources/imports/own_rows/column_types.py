"""Types of columns by their values: yes or no, numbers, days, labels, lists, or text. Labels are few and recur."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from review.sources.imports import whole_answer
from review.sources.imports.cell_flags import flag_of
from review.sources.imports.cell_texts import text_of
from review.sources.imports.cell_values import MAX_CHARS, PAGE, Notation, read_value, read_written
from review.spec.schema import MOST_LABELS, InputField, Label, OutputField
from review.spec.value_types import TYPES
from review.spec.values import normalise_text
from web import strict_json

# Texts are labels where they are short and each comes twice or more on average.
_LABEL_CHARS, _MOST_GUESSED, _TIMES, _FEWEST = 60, 40, 2, 4
_NAMED_CHARS = 100
# Of lists of labels, one in so many says a label twice by mistake.
_DOUBLED_OF = 4
_PARTS, PARAGRAPHS = re.compile(r"[;|\n]"), re.compile(r"\n[^\S\n]*\n")
# A number such as 00417 or +49 is a name made of digits.
_CODE = re.compile(r"\+\d+|-?0\d+")
_WORDS = re.compile(r"[^\W\d_]")
# A column of answers that are JSON objects: each member is a field of its own. One answer in ten may be broken.
FIELDS = "fields"
_MOST_BROKEN = 0.1
# Objects with more names than this have data for names, such as numbers of customers; they are no answers of one shape.
_MOST_FIELDS = 64


def types_of(values: Sequence[Any], notation: Notation) -> tuple[str, ...]:
    """Every type that all of these values fit, the one that tells most first; `text` fits any plain value.

    `fields` is for answers alone, and fits where nearly all values are JSON objects.

    Args:
        values: Those of a column that are not empty.
        notation: How the file writes numbers and days.
    """
    if not values:
        return ("text",)
    types = _types_of_whole(values, notation)
    return (FIELDS, *types) if _are_answers(values) else types


def _are_answers(values: Sequence[Any]) -> bool:
    objects = [held for value in values if (held := whole_answer.object_in(value))]
    names = {name for held in objects for name in held}
    is_whole = len(objects) >= (1 - _MOST_BROKEN) * len(values)
    is_answer = is_whole and len(names) <= _MOST_FIELDS and all(map(whole_answer.is_of_fields, objects))
    # A task that writes one text takes it as it is, not in an object.
    members = [member for held in objects for member in held.values()] if len(names) == 1 else []
    is_text = bool(members) and all(isinstance(member, str) for member in members)
    return is_answer and not (is_text and _types_of_whole(members, Notation())[0] in ("text", "document", "url"))


def _types_of_whole(values: Sequence[Any], notation: Notation) -> tuple[str, ...]:
    if any(isinstance(value, (dict, list)) for value in values):
        return tuple(kind for kind in ("conversation", "choices", "list", "object") if _OF_PARTS[kind](values))
    texts = [text_of(value) for value in values]
    if not any(text.lstrip()[:1] not in "{[" for text in texts) and (inner := _parsed(texts)):
        return (*_types_of_whole(inner, notation), "text")
    fitting = [kind for kind, fits in _FITS.items() if fits(values, notation)]
    if "number" in fitting and "integer" in fitting:
        fitting.remove("number")
        fitting.insert(fitting.index("integer") + 1, "number")
    guessed = [kind for kind in fitting if not TYPES[kind].has_labels or _is_guessed(kind, texts)]
    chosen = [kind for kind in fitting if kind not in guessed]
    long = ["document"] if any(len(text) > MAX_CHARS // 2 or PAGE in text for text in texts) else []
    return tuple(
        dict.fromkeys((*guessed, *long, "text", *chosen, "list" if "choices" in fitting else "text", "document"))
    )


def are_row_numbers(values: Sequence[Any]) -> bool:
    """Report whether the values are the whole numbers from 0 or 1 on, in the order of the rows."""
    texts = [text_of(value) for value in values]
    return len(texts) >= _FEWEST and any(texts == [str(first + row) for row in range(len(texts))] for first in (0, 1))


def labels_of(values: Iterable[Any], kind: str) -> tuple[Label, ...]:
    """The labels of a column, the most frequent first, each as it is written most often."""
    counts = Counter(" ".join(normalise_text(text).split()) for text in _label_texts(values, kind))
    by_name: dict[str, Counter[str]] = {}
    for text, count in counts.items():
        if text:
            by_name.setdefault(text.casefold(), Counter())[text] += count
    ranked = sorted(by_name.values(), key=lambda spelt: (-spelt.total(), spelt.most_common(1)[0][0].casefold()))
    return tuple(Label(name=spelt.most_common(1)[0][0]) for spelt in ranked)


def _label_texts(values: Iterable[Any], kind: str) -> list[str]:
    if kind == "choice":
        return [text_of(value) for value in values]
    field = OutputField(name="x", type="list")
    parts = [str(part) for value in values for part in read_written(field, value) or ()]
    return _by_comma(parts) or parts


def _by_comma(texts: Sequence[str]) -> list[str]:
    """Return the parts between commas, where they recur in others of these texts: there are fewer; else none."""
    parts = [part for text in texts for part in re.split(r"\s*,\s*", text.strip())]
    return parts if len(set(parts)) < len(set(texts)) else []


def is_read(kind: str) -> Callable[[Sequence[Any], Notation], bool]:
    """Return a test whether a fact of this type takes all of some values."""
    field = InputField(name="x", type=kind)

    def fits(values: Sequence[Any], notation: Notation) -> bool:
        try:
            return all(read_value(field, value, notation) is not None for value in values)
        except ValueError:
            return False

    return fits


def _boolean(values: Sequence[Any], notation: Notation) -> bool:
    """Yes or no by words; 0 and 1 alone are counted before they are answers, and `x` and `y` are two labels."""
    words = {text_of(value).strip().casefold() for value in values}
    is_told = len(words) == 1 or len({flag_of(word) for word in words}) > 1
    return is_told and is_read("boolean")(values, notation) and any(map(_WORDS.search, words))


def _integer(values: Sequence[Any], notation: Notation) -> bool:
    return not _is_coded(values) and is_read("integer")(values, notation)


def _number(values: Sequence[Any], notation: Notation) -> bool:
    return not _is_coded(values) and is_read("number")(values, notation)


def _is_coded(values: Sequence[Any]) -> bool:
    return any(isinstance(value, bool) or _CODE.fullmatch(text_of(value).strip()) for value in values)


def _date(values: Sequence[Any], notation: Notation) -> bool:
    return not all(isinstance(value, (int, float)) for value in values) and is_read("date")(values, notation)


def _url(values: Sequence[Any], notation: Notation) -> bool:
    return all(str(value).strip().lower().startswith(("http://", "https://", "www.")) for value in values)


def _labelled(kind: str) -> Callable[[Sequence[Any], Notation], bool]:
    def fits(values: Sequence[Any], notation: Notation) -> bool:
        texts = _label_texts(values, kind)
        is_short = all(len(text) <= _NAMED_CHARS and not re.search(r"[\n\r\t]", text.strip()) for text in texts)
        return is_short and 2 <= len({" ".join(text.split()).casefold() for text in texts}) <= MOST_LABELS

    return fits


def _choices(values: Sequence[Any], notation: Notation) -> bool:
    texts = [str(value).strip() for value in values]
    # Paragraphs are no list.
    has_signs = any(map(_PARTS.search, texts)) or bool(_by_comma(texts))
    parted = has_signs and not any(map(PARAGRAPHS.search, texts))
    return parted and _labelled("choices")(values, notation)


_FITS: dict[str, Callable[[Sequence[Any], Notation], bool]] = {
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "url": _url,
    "choice": _labelled("choice"),
    "choices": _choices,
}


def _is_guessed(kind: str, texts: Sequence[str]) -> bool:
    parts = [" ".join(text.split()).casefold() for text in _label_texts(texts, kind)]
    if kind == "choice" and (any(_PARTS.search(part) for part in parts) or _by_comma(parts)):
        return False
    counts = Counter(parts)
    is_short = all(len(part) <= _LABEL_CHARS for part in parts)
    # One text that many rows have makes no labels of texts that one row has.
    is_recurrent = sum(count > 1 for count in counts.values()) * 2 >= len(counts)
    is_few = len(parts) >= _TIMES * len(counts) and len(counts) <= _MOST_GUESSED
    return is_short and is_recurrent and is_few and len(texts) >= _FEWEST


def _parsed(texts: Sequence[str]) -> list[Any]:
    """Values of cells that hold JSON; none where one does not."""
    try:
        return [strict_json.parse(text, number=strict_json.written) for text in texts]
    except ValueError:
        return []


def _is_conversation(values: Sequence[Any]) -> bool:
    try:
        return all(read_value(InputField(name="x", type="conversation"), value) for value in values)
    except ValueError:
        return False


def _is_plain_list(values: Sequence[Any]) -> bool:
    return not any(
        isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value))
        for value in values
    )


def _are_label_lists(values: Sequence[Any]) -> bool:
    if not _is_plain_list(values) or not _labelled("choices")(values, Notation()):
        return False
    # Lists that say one twice, as the tags of words, are told by their order; a few do by mistake.
    doubled = sum(isinstance(value, list) and len(value) > len(set(map(str, value))) for value in values)
    parts = [] if doubled * _DOUBLED_OF > len(values) else _label_texts(values, "choices")
    return bool(parts) and len(parts) >= _TIMES * len(set(parts)) and len(values) >= _FEWEST


_OF_PARTS: dict[str, Callable[[Sequence[Any]], bool]] = {
    "conversation": _is_conversation,
    "choices": _are_label_lists,
    "list": _is_plain_list,
    "object": lambda values: all(isinstance(value, dict) for value in values),
}
