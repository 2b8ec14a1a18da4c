"""Names for the slots of a template, from the words around them: `Company: …` names its slot company."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from review.sources.imports.logs.template import Template

MOST_CHARS = 40
_LABEL = re.compile(
    r"(?:^|[\n.,;({\[>|\-*])[ \t\"'*_`#]*([^\W\d][\w \-/'()]{0,50}?)[\"'*_`]*[ \t]*[:=][ \t]*[\"'*_`<\[(]*$"
)
_TAG = re.compile(r"<([^\W\d][\w\-]*)[^<>]*>\s*$")
_END_TAG = re.compile(r"^\s*</([^\W\d][\w\-]*)>")
_EDGES = "#*=-_:`\"'<>[]() \t"
# Words that lead to a value and do not say what it is.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at based be been below but by can context der des die das du following for from given her "
        "here his how i in input into is it its la le les los my named next of on or our please provide provided she "
        "so text that the their them these they this to under use user using was we were what when where which who "
        "whose will with write you your called about als auf bei dem den ein eine einem einen einer für im ist "
        "mit und von vor wie zu zum zur ",
    )
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_ADDRESS = re.compile(r"https?://\S+")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LONG = 120


def named(constants: Sequence[Sequence[str]], prompts: Sequence[tuple[str, ...]]) -> tuple[Template, ...]:
    """Templates whose slots have names; slots that hold the same in all prompts are one."""
    columns: list[tuple[str, ...]] = []
    names: list[str] = []
    parts: list[Template] = []
    for place, of_part in enumerate(constants):
        unnamed = Template(tuple(of_part), tuple(map(str, range(len(of_part) - 1))))
        rows = [held for prompt in prompts if (held := unnamed.values_in(prompt[place]))]
        slots = []
        for slot in unnamed.slots:
            column = tuple(row[slot] for row in rows)
            same = columns.index(column) if column in columns and len(set(column)) > 1 else None
            if same is None:
                index = int(slot)
                name = free_name(_name(of_part[index], of_part[index + 1], column), names)
                columns.append(column)
                names.append(name)
                slots.append(name)
            else:
                slots.append(names[same])
        parts.append(Template(tuple(of_part), tuple(slots)))
    return tuple(parts)


def field_name(words: str) -> str:
    """Words as a field is named: small letters of ASCII, digits and underscores; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", words.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).lstrip("_0123456789")[:MOST_CHARS].strip("_")


def _name(before: str, after: str, values: Sequence[str]) -> str:
    for match in (_LABEL.search(before[-120:]), _TAG.search(before[-80:])):
        if match and (name := _telling(match[1])):
            return name
    if before.endswith("\n") and (name := _telling(_last_line(before))):
        return name
    if (match := _END_TAG.search(after)) and (name := _telling(match[1])):
        return name
    words = before[-60:].rsplit("\n", 1)[-1].split()
    last = words[-1].strip(_EDGES).casefold() if words else ""
    if before.endswith(" ") and len(last) > 2 and last not in _EMPTY and (name := field_name(last)):
        return name
    return _by_values(values)


def _last_line(text: str) -> str:
    """The line before a value that stands below it, where it is short enough for a heading."""
    lines = [line.strip(_EDGES) for line in text.split("\n") if line.strip(_EDGES)]
    line = lines[-1] if lines else ""
    return line if len(line.split()) <= 6 else ""


def _telling(words: str) -> str:
    """The words of a label that say what a value is, at most three."""
    kept = [word for word in re.split(r"[\s_\-/]+", words.strip(_EDGES)) if word and word.casefold() not in _EMPTY]
    return field_name("_".join(kept[-3:])) or field_name(words.strip(_EDGES))


def _by_values(values: Sequence[str]) -> str:
    held = [value.strip() for value in values if value.strip()]
    for form, name in ((_DATE, "date"), (_NUMBER, "number"), (_ADDRESS, "url"), (_MAIL, "email")):
        if held and all(form.fullmatch(value) for value in held):
            return name
    return "text" if any(len(value) > _LONG or "\n" in value for value in held) else "value"


def free_name(name: str, taken: Sequence[str]) -> str:
    """Return the name, with a number behind it where it is taken."""
    number, free = 2, name
    while free in taken:
        free = f"{name[: MOST_CHARS - 3]}_{number}"
        number += 1
    return free
