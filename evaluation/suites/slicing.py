"""Slices of records: by what their facts say, how long they are, and in which script and language they are written.

Pure Python.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.spec.values import as_word

# A fact that is called language says it itself: then nothing is guessed.
LENGTH, SCRIPT, LANGUAGE = "length of the facts", "script", "language"
SHORT, MIDDLE, LONG = "short", "middle", "long"
# A fact that says more different things than this tells single records apart, not kinds of them.
MOST_VALUES: Final = 12
# A longer value is a sentence, not a kind.
LONGEST_VALUE: Final = 80
_TYPES: Final = frozenset({"text", "choice", "choices", "boolean", "integer"})
# Small words that sentences of a language can hardly do without.
_SMALL_WORDS: Final[dict[str, frozenset[str]]] = {
    "English": frozenset(["the", "and", "of", "to", "is", "are", "with", "for", "that", "this", "you", "your", "have",
        "has", "was", "were", "not", "from", "which", "their", "our"]),
    "German": frozenset(["der", "die", "das", "und", "ist", "sind", "mit", "für", "nicht", "ein", "eine", "auf", "dem",
        "den", "von", "wir", "sie", "haben", "wird", "auch", "bei"]),
    "French": frozenset(["le", "les", "des", "et", "est", "sont", "avec", "pour", "pas", "une", "dans", "sur", "nous",
        "vous", "que", "qui", "du", "aux", "leur", "notre", "cette"]),
    "Spanish": frozenset(["el", "los", "las", "y", "es", "son", "con", "para", "una", "por", "que", "del", "sus",
        "nuestro", "esta", "como", "más", "pero", "ha", "muy"]),
    "Italian": frozenset(["il", "gli", "e", "è", "sono", "con", "per", "non", "una", "di", "che", "della", "nel",
        "nostro", "questa", "come", "più", "ha", "anche", "alla"]),
    "Dutch": frozenset(["het", "een", "en", "is", "zijn", "met", "voor", "niet", "van", "op", "wij", "de", "dat",
        "deze", "ook", "bij", "hun", "onze", "wordt", "naar"]),
    "Portuguese": frozenset(["os", "as", "e", "é", "são", "com", "para", "não", "uma", "por", "que", "da", "dos",
        "nosso", "esta", "como", "mais", "mas", "tem", "muito", "ao"]),
    "Polish": frozenset(["i", "jest", "są", "z", "dla", "nie", "na", "w", "że", "się", "nasz", "ten", "jak", "ale",
        "oraz", "przez", "przy", "po", "od", "do"]),
    "Swedish": frozenset(["och", "är", "med", "för", "inte", "en", "ett", "på", "av", "vi", "som", "den", "det", "har",
        "till", "också", "från", "vår", "men", "om"]),
}  # fmt: skip
# Fewer of them than this, or as many of another language, tell nothing.
_LEAST_SMALL_WORDS: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+")
Slices = dict[str, dict[str, set[str]]]


def slices_of(spec: TaskSpec, facts: Mapping[str, Facts]) -> Slices:
    """Records by column and value, columns that tell nothing apart left out.

    Args:
        spec: Which facts there are; what names a record or its company is no slice.
        facts: By record.

    Returns:
        By column, by value: the records. A record with several labels stands in several slices of its column.
    """
    columns = {name: _by_value(name, facts) for name in _fact_names(spec, _TYPES)}
    columns |= {LENGTH: _by_length(facts), SCRIPT: _by_text(facts, _script)}
    columns.setdefault(LANGUAGE, _by_text(facts, _language))
    return {name: values for name, values in columns.items() if _tells_kinds(values)}


def column_names(spec: TaskSpec) -> list[str]:
    return list(dict.fromkeys([*_fact_names(spec, _TYPES), LENGTH, SCRIPT, LANGUAGE]))


def fact_names(spec: TaskSpec) -> list[str]:
    """Facts that put a record into one segment at most: those of one value, which name neither it nor its company."""
    return _fact_names(spec, _TYPES - {"choices"})


def _fact_names(spec: TaskSpec, types: frozenset[str]) -> list[str]:
    return [field.name for field in spec.input_schema if field.type in types and not field.role]


def _tells_kinds(values: dict[str, set[str]]) -> bool:
    return 2 <= len(values) <= MOST_VALUES and all(len(value) <= LONGEST_VALUE for value in values)


def _by_value(name: str, facts: Mapping[str, Facts]) -> dict[str, set[str]]:
    records: dict[str, set[str]] = defaultdict(set)
    for record, record_facts in facts.items():
        for value in _values(record_facts.get(name)):
            records[value].add(record)
    return dict(sorted(records.items()))


def _values(value: object) -> list[str]:
    """Normalized values of a fact; empty where it is missing."""
    if isinstance(value, list):
        return [text for part in value for text in _values(part)]
    word = as_word(value)
    return [word] if word else []


def _by_length(facts: Mapping[str, Facts]) -> dict[str, set[str]]:
    """Thirds of the records by the characters of their facts; records of one length stay together."""
    lengths = {
        record: sum(len(str(value)) for value in record_facts.values()) for record, record_facts in facts.items()
    }
    ordered = sorted(lengths.values())
    if not ordered:
        return {}
    first, second = ordered[len(ordered) // 3], ordered[2 * len(ordered) // 3]
    records: dict[str, set[str]] = defaultdict(set)
    for record, length in lengths.items():
        records[SHORT if length < first else MIDDLE if length < second else LONG].add(record)
    return dict(records)


def _by_text(facts: Mapping[str, Facts], of_text: Callable[[str], str]) -> dict[str, set[str]]:
    records: dict[str, set[str]] = defaultdict(set)
    for record, record_facts in facts.items():
        if value := of_text(" ".join(value for value in record_facts.values() if isinstance(value, str))):
            records[value].add(record)
    return dict(sorted(records.items()))


def _language(text: str) -> str:
    """Language with most of its small words in a text; empty for few words or a tie."""
    words = Counter(_WORD.findall(text.casefold()))
    counts = {name: sum(words[word] for word in small) for name, small in _SMALL_WORDS.items()}
    first, second = sorted(counts, key=lambda name: -counts[name])[:2]
    return first if counts[first] >= _LEAST_SMALL_WORDS and counts[first] > counts[second] else ""


def _script(text: str) -> str:
    """Script of most letters, by the first word of their Unicode names; empty without a letter."""
    counts = Counter(
        name.split()[0].capitalize() for char in text if char.isalpha() and (name := unicodedata.name(char, ""))
    )
    return min(counts, key=lambda script: (-counts[script], script)) if counts else ""
