"""Mends: one-key corrections of marked fields, where no person is needed.

Pure Python. A mend only removes text, inserts facts and slots, or changes the case of letters; it never invents a word.
It is shown before it counts, and offered only where the check passes afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review.spec.paths import text_at, with_value
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.text import checks
from review.text.grounding.attribution import Sentence, attribute
from review.text.grounding.passages import PassageIndex, index_passages, is_blank, written

# Trying mends on a longer text would be noticeably slow.
LONGEST_TEXT = 20_000
# A cut line must not end in a comma or in a word that introduces another.
_DANGLING = re.compile(
    r"(?:[\s,;:–-]|(?<=\s)(?:a|an|and|at|by|for|from|in|of|on|or|the|to|with|all|that|your|der|die|das|ein|eine|für|in|mit|und|"
    r"von|zu)\b)+$",
    re.IGNORECASE,
)
MARKS_TRIED = 12


@dataclass(frozen=True, slots=True)
class Mend:
    """Change of one text.

    Attributes:
        field: Path of the text, as in marks.
        text: Whole text afterwards.
        words: Label of its button.
    """

    field: str
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class _Place:
    mark: Mapping[str, Any]
    text: str
    limit: int | None
    spec: TaskSpec
    grounds: PassageIndex
    fillings: Fillings
    # Sentences by text, shared by the marks of one draft.
    read: dict[str, list[Sentence]]

    @property
    def found(self) -> str:
        return self.text[self.mark["start"] : self.mark["end"]]

    def sentences(self) -> list[Sentence]:
        if self.text not in self.read:
            self.read[self.text] = attribute(self.text, self.grounds, language=self.spec.language)
        return self.read[self.text]


def offered(spec: TaskSpec, facts: Facts, fields: Fields, marks: Sequence[Mapping[str, Any]]) -> list[Mend | None]:
    """Return a mend or None for each mark.

    Args:
        fields: Normalised fields of the marked draft.
        marks: Marks of `checks.run`, as plain data.

    Returns:
        One entry for each mark. A mend leaves fewer marks of its check and no more in all, because a mail may become
        too short without a sentence.
    """
    if not any(mark["check"] in _WAYS for mark in marks):
        return [None] * len(marks)
    index, fillings = index_passages(facts, spec.offer), Fillings(spec, facts)
    sentences: dict[str, list[Sentence]] = {}
    offers: list[Mend | None] = []
    for number, mark in enumerate(marks):
        place = _place(mark, spec, fields, index, fillings, sentences) if number < MARKS_TRIED else None
        mend = next(_mends(place), None) if place else None
        offers.append(mend if mend and _helps(mend, spec, facts, fields, marks, mark["check"]) else None)
    return offers


def _place(
    mark: Mapping[str, Any],
    spec: TaskSpec,
    fields: Fields,
    index: PassageIndex,
    fillings: Fillings,
    sentences: dict[str, list[Sentence]],
) -> _Place | None:
    text = text_at(fields, mark["field"])
    schema = next(field for field in spec.output_schema if field.name == mark["field"].split(".")[0])
    if mark["start"] == mark["end"] or len(text) > LONGEST_TEXT:
        return None
    return _Place(mark, text, schema.max_words if schema.type == "text" else None, spec, index, fillings, sentences)


def _mends(place: _Place) -> Iterator[Mend]:
    for way in _WAYS.get(place.mark["check"], ()):
        mended = way(place)
        if mended and mended[0].strip() and mended[0] != place.text:
            yield Mend(place.mark["field"], *mended)


def _helps(
    mend: Mend, spec: TaskSpec, facts: Facts, fields: Fields, marks: Sequence[Mapping[str, Any]], kind: str
) -> bool:
    after: list[str] = [mark.check for mark in checks.run(spec, facts, with_value(fields, mend.field, mend.text))]
    return len(after) <= len(marks) and after.count(kind) < [mark["check"] for mark in marks].count(kind)


Mended = tuple[str, str] | None


def _drop_sentence(place: _Place) -> Mended:
    """Drop the sentence around the mark, if the text has others and it is no greeting."""
    hit = [each for each in place.sentences() if each.start < place.mark["end"] and place.mark["start"] < each.end]
    if len(hit) != 1 or (hit[0].standing == "no claim" and not place.text[: hit[0].end].endswith("?")):
        return None
    return _without(place.text, hit), "Drop the sentence"


def _delete_repeat(place: _Place) -> Mended:
    start, end = place.mark["start"], place.mark["end"]
    return (
        (_without(place.text, [Sentence(start, end, ())]), "Delete one") if place.mark["severity"] == "error" else None
    )


def _without(text: str, gone: Sequence[Sentence]) -> str:
    for sentence in sorted(gone, key=lambda each: -each.start):
        before, after = text[: sentence.start].rstrip(" \t"), text[sentence.end :].lstrip(" \t")
        stands_alone = before[-1:] in ("", "\n") and after[:1] in ("", "\n")
        if stands_alone:
            text = (before.rstrip("\n") + "\n\n" + after.lstrip("\n")).strip("\n")
        else:
            text = before + ("" if before[-1:] in ("", "\n") or after[:1] in ("", "\n") else " ") + after
    return text.strip()


def _cut_to_length(place: _Place) -> Mended:
    """Cut a line at the last word that fits; shorten prose by whole sentences, unsupported ones first."""
    if "characters" in place.mark["message"]:
        kept = place.text[: place.mark["start"]]
        if place.text[place.mark["start"]] not in " \n":
            kept = kept.rsplit(" ", 1)[0] if " " in kept else kept
        kept = _DANGLING.sub("", kept)
        return kept, f"Cut to {len(kept)} characters"
    return _fewer_sentences(place)


def _fewer_sentences(place: _Place) -> Mended:
    claims = [each for each in place.sentences() if each.standing != "no claim" and place.text[each.end - 1] != "?"]
    by_worth = sorted(claims, key=lambda each: (each.standing == "supported", -each.start))
    gone: list[Sentence] = []
    for sentence in by_worth[:-1]:
        gone.append(sentence)
        shorter = _without(place.text, gone)
        if place.limit is not None and len(shorter.split()) <= place.limit:
            return shorter, f"Drop {len(gone)} sentence{'' if len(gone) == 1 else 's'}"
    return None


def _fill(place: _Place) -> Mended:
    """Fill the placeholder; in a greeting without a value drop the name."""
    start, end = place.mark["start"], place.mark["end"]
    filling = place.fillings.for_placeholder(place.found)
    if filling:
        return place.text[:start] + filling + place.text[end:], f"Fill in {_short(filling)}"
    greeting = re.match(r"(?:hi|hello|hey|dear|hallo)[ \t]+$", place.text[:start].rsplit("\n", 1)[-1], re.IGNORECASE)
    if greeting:
        return place.text[:start].rstrip() + place.text[end:], "Leave the name out"
    return None


def _quieter(place: _Place) -> Mended:
    """Reduce several marks to one and capitals to lower case; leave phrases to a person."""
    start, end, text = place.mark["start"], place.mark["end"], place.found
    if not re.search(r"\w", text):
        calm = "?" if "?" in text else text[0] if text[0] in "$€£¥" else "."
        return place.text[:start] + calm + place.text[end:], f"Write {calm} once"
    if not text.isupper():
        return None
    before = place.text[:start].rstrip(" \"'“(")
    small = text.capitalize() if not before or before[-1] in ".!?\n" else text.lower()
    return place.text[:start] + small + place.text[end:], "Use small letters"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 32 else f"{line[:30]}…"


_WAYS: dict[str, tuple[Callable[[_Place], Mended], ...]] = {
    "length": (_cut_to_length,),
    "placeholders": (_fill, _drop_sentence),
    "unsupported": (_drop_sentence,),
    "forbidden": (_drop_sentence,),
    "spam": (_quieter, _drop_sentence),
    "repetition": (_delete_repeat,),
}


# Common names in placeholders, in addition to the names of fields.
_SENDER = {
    "your company": "seller",
    "our company": "seller",
    "seller": "seller",
    "product": "product",
    "your product": "product",
    "our product": "product",
    "product name": "product",
}
_ROLES = {"company": "group", "company name": "group", "organisation": "group", "website": "domain", "url": "domain"}
LONGEST = 120


class Fillings:
    """Values by the names placeholders use."""

    def __init__(self, spec: TaskSpec, facts: Facts) -> None:
        self._spec = spec
        self._facts = {
            _plain(field.name): written(facts[field.name])
            for field in spec.input_schema
            if not is_blank(facts.get(field.name))
        }
        self._roles = {
            name: written(facts[fact])
            for name, role in _ROLES.items()
            if (fact := spec.facts_with_role(role)) and not is_blank(facts.get(fact))
        }
        self._slots = {_plain(slot.rsplit(".", 1)[-1]): f"{{{{{slot}}}}}" for slot in spec.slots}

    def for_placeholder(self, placeholder: str) -> str:
        """Return the text to fill in; empty where no short value fits, and for a sender without a name."""
        name = _plain(placeholder)
        value = self._slot(name) or self._facts.get(name) or self._roles.get(name) or self._sender(name)
        return value if value and len(value) <= LONGEST and "\n" not in value else ""

    def _slot(self, name: str) -> str:
        exact = self._slots.get(name) or self._slots.get(name.replace(" ", ""))
        if exact:
            return exact
        # `[Name]` and `{{name}}` mean the reader, whose slot is the only one that ends in a name.
        ends = [slot for key, slot in self._slots.items() if key.split()[-1] == "name"]
        return (
            ends[0] if name in {"name", "firstname", "contact name", "recipient", "reader"} and len(ends) == 1 else ""
        )

    def _sender(self, name: str) -> str:
        offer = self._spec.offer
        return {"seller": offer.seller, "product": offer.product}.get(_SENDER.get(name, ""), "")


def _plain(text: str) -> str:
    """Rewrite `[Company_Name]` and `{{ companyName }}` as `company name`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[^\W_]+", words.casefold()))
