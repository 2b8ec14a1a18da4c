"""Reads JSON that came from outside: bodies, files, answers of providers, the config of a model.

Python's own reader takes what the rest of a program then falls over: it gives up on deep nesting with an error that is
no `ValueError`, and reads `NaN`, `1e999` and integers that no float holds. Here all of it is refused in a sentence.
Pure Python: engines use it too.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Self

MAX_DEPTH: Final = 64
# Every integer of so many digits is a float as well.
MAX_DIGITS: Final = 300
ZERO_BYTE: Final = "There is a zero byte (U+0000) in it; write text without one."
HALF_CHARACTER: Final = "There is half a character (U+{:04X}) in it; write whole characters."
_HALVES = re.compile("[\ud800-\udfff]")
# What a text must hold, as it was sent, to be worth a look.
_SUSPICIOUS = re.compile("\\\\u(?:0000|[dD][89a-fA-F])|[\x00\ud800-\udfff]")


class InvalidJson(json.JSONDecodeError):
    """JSON that is not taken though its grammar may be right; its text is a sentence for people.

    Attributes:
        number: What stands where a number may; empty where something else is wrong.
    """

    def __init__(self, message: str, number: str = "") -> None:
        super().__init__(message, "", 0)
        self.args = (message,)
        self.number = number


class WrittenFloat(float):
    """A number that says its digits as they were written, zeros at the end included; all else about it is a float's."""

    __slots__ = ("digits",)
    digits: str

    def __new__(cls, digits: str) -> Self:
        number = super().__new__(cls, digits)
        number.digits = digits
        return number

    def __str__(self) -> str:
        return self.digits

    __repr__ = __str__


def written(digits: str) -> float:
    """Return a number, with its digits where they are not those that programs write it with."""
    value = float(digits)
    return value if repr(value) == digits else WrittenFloat(digits)


def parse(
    text: str | bytes,
    *,
    number: Callable[[str], float] = float,
    has_raw_breaks: bool = False,
    has_unique_keys: bool = False,
) -> Any:
    """Read JSON; its texts may hold what no database stores, see `mistakes`.

    Args:
        number: What reads a number with a point or an exponent; `written` or `WrittenFloat` keeps its digits.
        has_raw_breaks: Whether texts may hold line breaks and tabs as they are, as models write them.
        has_unique_keys: Whether an object that says two things under one name is refused; else the last counts.

    Raises:
        NotTaken: It is nested more than 64 deep, or holds a number that is none.
        ValueError: It is no JSON, or not in UTF-8, UTF-16 or UTF-32.
    """
    if not isinstance(text, str):
        text = bytes(text).decode(json.detect_encoding(text))
    try:
        value = _decoder(number, has_raw_breaks, has_unique_keys).decode(text)
    except RecursionError:
        raise _too_deep() from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        raise _too_deep()
    return value


def loads(text: str | bytes, *, number: Callable[[str], float] = float) -> Any:
    """Read JSON whose texts can be stored; arguments as of `parse`.

    Raises:
        NotTaken: As `parse`, or a text holds a zero byte or half a character; says where.
        ValueError: As `parse`.
    """
    value = parse(text, number=number)
    for path, (mistake,) in unstorable_texts(value, text):
        raise InvalidJson(f"{path}: {mistake}" if path else mistake)
    return value


def unstorable_texts(value: object, text: str | bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the texts of a value that cannot be stored, by dotted path, each with what is wrong.

    Args:
        value: What was read.
        text: What it was read from; most of it shows at a glance that nothing is wrong.
    """
    shown = text if isinstance(text, str) else bytes(text).decode("utf-8", "replace")
    # Plain ASCII, as most of it is, is told by looking for two signs, many times faster than by a pattern.
    is_plain = shown.isascii() and "\\u" not in shown and "\x00" not in shown
    if not is_plain and _SUSPICIOUS.search(shown):
        yield from _unstorable_texts(value, "")


class StorableJSONDecoder(json.JSONDecoder):
    """The same for fields of forms and of the API that take JSON as text."""

    def decode(self, s: str, _w: object = None) -> Any:
        return loads(s)


def _unstorable_texts(value: object, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, str):
        if mistake := _why_unstorable(value):
            yield path, [mistake]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if mistake := _why_unstorable(key):
                yield path, [mistake]
            else:
                yield from _unstorable_texts(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unstorable_texts(inner, f"{path}[{place}]")


def _why_unstorable(text: str) -> str:
    if "\x00" in text:
        return ZERO_BYTE
    half = _HALVES.search(text)
    return HALF_CHARACTER.format(ord(half[0])) if half else ""


def _is_deep(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in _children(each) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _too_deep() -> InvalidJson:
    return InvalidJson(f"it is nested more than {MAX_DEPTH} deep; send it flatter")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InvalidJson(f"a number has {len(digits):,} digits; {MAX_DIGITS} is the limit", digits)
    return int(digits)


def _no_constant(name: str) -> None:
    raise InvalidJson(f"{name} is not a JSON number", name)


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    for name, each in members if len(value) < len(members) else ():
        if each != value[name]:
            raise InvalidJson(f"'{name[:40]}' is there twice, with different values")
    return value


@cache
def _decoder(number: Callable[[str], float], has_raw_breaks: bool, has_unique_keys: bool) -> json.JSONDecoder:
    def read(digits: str) -> float:
        value = number(digits)
        if math.isinf(value):
            raise InvalidJson(f"the number {digits[:20]} is too large", digits)
        return value

    return json.JSONDecoder(
        object_pairs_hook=_unique if has_unique_keys else None,
        parse_constant=_no_constant,
        parse_int=_integer,
        parse_float=read,
        strict=not has_raw_breaks,
    )
