"""A grammar in llguidance's Lark as GBNF, the notation of llama.cpp. Pure.

Reads what `training.engine.grammar` writes: rules of literals, names, groups and repetitions, and terminals of regular
expressions. So an answer has the same layout here as on our own engine. llama.cpp's own JSON Schema compiler would
allow other blanks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

# llama.cpp refuses more repetitions of a rule than twice as many.
MOST_REPEATS: Final = 1000
_PIECE: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|%json|[a-zA-Z][a-zA-Z0-9]*|\{\d+(?:,\d*)?\}|[()|*?+])')
_SPACES: Final = "\\t\\n\\x0B\\x0C\\r \\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000"
_WORDS: Final = "a-zA-Z0-9_"
# What must not stand in a JSON text as it is.
_BREAKS_JSON: Final = '\\"\\\\\\x00-\\x1F\\x7F\\u2028\\u2029'


class NoGbnfError(ValueError):
    """A grammar that GBNF has no words for, with the reason."""


@lru_cache(maxsize=64)
def gbnf(lark: str, *, opened: str = "") -> str:
    """Translate a grammar.

    Args:
        opened: Tag after which the grammar holds; it then begins with that tag.

    Raises:
        NoGbnfError: It holds a pattern or a format that is not translated.
    """
    rules = _Rules()
    for line in lark.strip().splitlines():
        name, _, body = line.partition(": ")
        if body.startswith("/"):
            rules.add(name, rules.regex(body[1:-1].replace("\\/", "/")))
        else:
            rules.add("answer" if name == "start" else name, rules.expression(body))
    rules.add("root", f"{_literal(opened)} answer" if opened else "answer")
    return rules.text()


class _Rules:
    """Rules of one grammar, collected while it is read."""

    def __init__(self) -> None:
        self._named: dict[str, str] = {}
        self._of_bodies: dict[str, str] = {}

    def add(self, name: str, body: str) -> None:
        self._named[name] = body

    def text(self) -> str:
        return "\n".join(f"{name} ::= {body}" for name, body in self._named.items()) + "\n"

    def expression(self, body: str) -> str:
        """Translate the right side of a rule."""
        parts: list[str] = []
        at = 0
        while at < len(body.rstrip()):
            match = _PIECE.match(body, at)
            if match is None:
                raise NoGbnfError(f"a rule reads {body[at : at + 20]!r}")
            at = match.end()
            piece = match[1]
            if piece == "%json":
                embedded, length = json.JSONDecoder().raw_decode(body[at:].lstrip())
                at += len(body[at:]) - len(body[at:].lstrip()) + length
                parts.append(self._json_text(embedded))
            elif piece.startswith("{"):
                least, _, most = piece[1:-1].partition(",")
                bounds = int(least), int(most) if most else (int(least) if "," not in piece else None)
                parts.append(self._repeated(_last_group(parts), *bounds))
            else:
                parts.append(_literal(json.loads(piece)) if piece.startswith('"') else piece)
        return " ".join(parts)

    def regex(self, pattern: str, *, in_json: bool = False) -> str:
        """Translate a regular expression; `in_json` is one of a text within quotes."""
        tree = parser.parse(re.sub(r"\\u\{([0-9a-fA-F]{4})\}", r"\\u\1", pattern))
        return self._sequence(list(tree), in_json=in_json)

    def _json_text(self, schema: dict[str, Any]) -> str:
        """Translate a text with a pattern that matches the whole of it."""
        pattern = schema.get("pattern", "")
        is_whole = pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$")
        beside = sorted(set(schema) & {"format", "minLength", "maxLength"})
        if beside or not is_whole:
            raise NoGbnfError(f"'{beside[0] if beside else 'pattern'}' of a text")
        return f'"\\"" ({self.regex(pattern[1:-1], in_json=True)}) "\\""'

    def _sequence(self, tree: Sequence[Any], *, in_json: bool) -> str:
        return " ".join(self._node(kind, value, in_json=in_json) for kind, value in tree) or '""'

    def _node(self, kind: Any, value: Any, *, in_json: bool) -> str:
        makers: dict[Any, Callable[[], str]] = {
            op.LITERAL: lambda: _literal(json.dumps(chr(value), ensure_ascii=False)[1:-1] if in_json else chr(value)),
            op.NOT_LITERAL: lambda: _characters([(op.NEGATE, None), (op.LITERAL, value)], in_json=in_json),
            op.IN: lambda: _characters(value, in_json=in_json),
            op.ANY: lambda: _characters([(op.NEGATE, None), (op.LITERAL, 10)], in_json=in_json),
            op.SUBPATTERN: lambda: f"({self._sequence(list(value[3]), in_json=in_json)})",
            op.BRANCH: lambda: self._branch(value[1], in_json=in_json),
            op.MAX_REPEAT: lambda: self._repeat_node(value, in_json=in_json),
            op.MIN_REPEAT: lambda: self._repeat_node(value, in_json=in_json),
        }
        if kind not in makers:
            raise NoGbnfError(f"a pattern with {str(kind).lower()}")
        return makers[kind]()

    def _branch(self, branches: Iterable[Any], *, in_json: bool) -> str:
        return f"({' | '.join(self._sequence(list(branch), in_json=in_json) for branch in branches)})"

    def _repeat_node(self, value: Any, *, in_json: bool) -> str:
        least, most, tree = value
        item = self._sequence(list(tree), in_json=in_json)
        return self._repeated(item, least, None if most == op.MAXREPEAT else most)

    def _repeated(self, item: str, least: int, most: int | None) -> str:
        """Repeat an item; a named rule counts once, however long it is, and long runs go in steps."""
        name = self._rule(item)
        if most is None:
            return f"{self._exactly(name, least)} {name}*".strip()
        return f"{self._exactly(name, least)} {self._at_most(name, most - least)}".strip()

    def _exactly(self, name: str, times: int) -> str:
        whole, rest = divmod(times, MOST_REPEATS)
        steps = [self._rule(f"{name}{{{MOST_REPEATS}}}") for _ in range(whole)]
        return " ".join([*steps, *([f"{name}{{{rest}}}"] if rest else [])])

    def _at_most(self, name: str, times: int) -> str:
        if times <= MOST_REPEATS:
            return f"{name}{{0,{times}}}" if times else ""
        step, more = self._exactly(name, MOST_REPEATS), self._at_most(name, times - MOST_REPEATS)
        return self._rule(f"{name}{{0,{MOST_REPEATS - 1}}} | {step} {more}")

    def _rule(self, body: str) -> str:
        if re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]*", body):
            return body
        if body not in self._of_bodies:
            self._of_bodies[body] = name = f"x{len(self._of_bodies)}"
            self.add(name, body)
        return self._of_bodies[body]


def _last_group(parts: list[str]) -> str:
    """Take the last item off a rule's parts: a name, a literal, or what stands between brackets."""
    depth, taken = 0, list[str]()
    while True:
        part = parts.pop()
        taken.insert(0, part)
        depth += (part == ")") - (part == "(")
        if not depth:
            return " ".join(taken)


def _characters(items: Sequence[Any], *, in_json: bool) -> str:
    """Translate a set of characters."""
    is_negated = items[0][0] == op.NEGATE
    inside = "".join(_member(kind, value) for kind, value in items if kind != op.NEGATE)
    if in_json and is_negated:
        inside += _BREAKS_JSON
    elif in_json and _holds_breaks(items):
        raise NoGbnfError("a pattern with quotes, backslashes or spaces of any kind in a set")
    return f"[{'^' if is_negated else ''}{inside}]"


def _holds_breaks(items: Sequence[Any]) -> bool:
    ranges = [
        (value, value) if kind == op.LITERAL else value for kind, value in items if kind in (op.LITERAL, op.RANGE)
    ]
    has_spaces = any(kind == op.CATEGORY and value != op.CATEGORY_DIGIT for kind, value in items)
    return has_spaces or any(low <= at <= high for low, high in ranges for at in (*range(32), 0x22, 0x5C, 0x7F))


def _member(kind: Any, value: Any) -> str:
    if kind == op.LITERAL:
        return _character(value)
    if kind == op.RANGE:
        return f"{_character(value[0])}-{_character(value[1])}"
    known = {op.CATEGORY_SPACE: _SPACES, op.CATEGORY_DIGIT: "0-9", op.CATEGORY_WORD: _WORDS}
    if kind != op.CATEGORY or value not in known:
        raise NoGbnfError(f"a pattern with {str(value).lower()}")
    return known[value]


def _character(code: int) -> str:
    if chr(code).isascii() and chr(code).isalnum():
        return chr(code)
    return f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}" if code < 65536 else f"\\U{code:08X}"


def _literal(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return (
        '"'
        + "".join(escapes.get(sign) or (sign if sign.isprintable() else _character(ord(sign))) for sign in text)
        + '"'
    )
