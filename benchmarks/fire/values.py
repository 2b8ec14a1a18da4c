"""Values of the published schema's shapes: as they should be, and as they should not. Seeded; knows no product."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

# Text that parsers, databases and file systems trip over; numbers past every column; shapes of another kind.
TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff tail", "\u202e\u2066", "\ufeff", "é" * 300, "x" * 20_000, "0", "-1",
    "null", "NaN", "../../../etc/passwd", "..\\..\\win.ini", "/etc/passwd", "%00", "%s%n", "{{7*7}}", "' OR 1=1 --",
    "$(id)", "<script>", "\r\nX: y", "1e999", "9" * 400, "2026-02-30", "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59", "http://[::1", "http://[", "https://exa mple/", "file:///etc/passwd",
    "http://127.0.0.1:0/", "http://a:99999/", "a@b", "@", "x@" + "y" * 300, "Infinity", "1_000", "٣", "\uff11\uff12",
    "İ", "ß", "\U0001f469\u200d\U0001f680", "\n", "\t", "(((((", "[a-", "(a+)+$", "\\", "*", "?", "a,b", "-",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400, 0.1, -0.0, 1e-320, 1e308, float("nan"),
    float("inf"), float("-inf"),
)  # fmt: skip
KINDS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"x": {"y": [1]}},
    ["\x00"],
    [{}] * 200,
    {"\x00": "\ud800"},
)


class Shapes:
    """Draws values of shapes.

    Args:
        schemas: The components of the published schema.
        objects: Real ids and slugs, by what they name.
    """

    def __init__(self, schemas: dict[str, Any], objects: dict[str, str]) -> None:
        self._schemas, self._objects = schemas, objects

    def value(self, shape: dict[str, Any], draw: Random, name: str = "", depth: int = 0) -> Any:
        """A value that the shape allows; a field that names a row of the installation has that row's id."""
        if "$ref" in shape:
            return self.value(self._schemas[shape["$ref"].rpartition("/")[2]], draw, name, depth)
        for word in ("oneOf", "anyOf"):
            if word in shape:
                return self.value(draw.choice(shape[word]), draw, name, depth)
        if "allOf" in shape:
            parts = [self.value(each, draw, name, depth) for each in shape["allOf"]]
            return {k: v for part in parts for k, v in part.items()} if isinstance(parts[0], dict) else parts[0]
        if "enum" in shape or "const" in shape:
            return draw.choice(shape.get("enum") or [shape["const"]])
        kind = shape.get("type", "object" if "properties" in shape else draw.choice(["string", "integer", "object"]))
        if isinstance(kind, list):
            kind = draw.choice(kind)
        return getattr(self, f"_{kind}")(shape, draw, name, depth)

    def real(self, name: str) -> str | None:
        """The id of the row that a field of this name would name."""
        short = name.removesuffix("_id").removesuffix("_slug")
        tries = (name, short, short.removesuffix("s"), short.rpartition("_")[2])
        return next((self._objects[each] for each in tries if each in self._objects), None)

    def _string(self, shape: dict[str, Any], draw: Random, name: str, depth: int) -> str:
        if (real := self.real(name)) is not None and draw.random() < 0.85:
            return real
        made = {
            "uuid": str(UUID(int=draw.getrandbits(128), version=4)), "date": "2026-05-04",
            "date-time": "2026-05-04T12:00:00Z", "uri": "https://hooks.example/x", "email": "new@example.org",
            "decimal": "1.50", "binary": "company,sector\nAcme,trade\n",
        }  # fmt: skip
        if shape.get("format") in made:
            return made[shape["format"]]
        text = "1.5" if "pattern" in shape else draw.choice(["new", "A remark.", "Acme", "accept", "body", "company"])
        return text[: shape.get("maxLength", 99)].ljust(shape.get("minLength", 0), "x")

    def _integer(self, shape: dict[str, Any], draw: Random, name: str, depth: int) -> int:
        low = int(shape.get("minimum", 0))
        return draw.randint(low, max(low, min(int(shape.get("maximum", low + 5)), low + 5)))

    def _number(self, shape: dict[str, Any], draw: Random, name: str, depth: int) -> float:
        return self._integer(shape, draw, name, depth) + draw.choice([0, 0.25])

    def _boolean(self, shape: dict[str, Any], draw: Random, name: str, depth: int) -> bool:
        return draw.random() < 0.5

    def _null(self, shape: dict[str, Any], draw: Random, name: str, depth: int) -> None:
        return None

    def _array(self, shape: dict[str, Any], draw: Random, name: str, depth: int) -> list[Any]:
        count = 0 if depth > 5 else draw.randint(max(0, shape.get("minItems", 0)), 2)
        return [self.value(shape.get("items", {}), draw, name, depth + 1) for _ in range(count)]

    def _object(self, shape: dict[str, Any], draw: Random, name: str, depth: int) -> dict[str, Any]:
        wanted = set(shape.get("required", ()))
        made = {
            key: self.value(each, draw, key, depth + 1)
            for key, each in shape.get("properties", {}).items()
            if not each.get("readOnly") and (key in wanted or (depth < 5 and draw.random() < 0.5))
        }
        if not made and depth < 5 and isinstance(shape.get("additionalProperties"), dict):
            made = {"company": self.value(shape["additionalProperties"], draw, "company", depth + 1)}
        return made


def hostile(draw: Random) -> Any:
    """A value that no field expects."""
    return draw.choice(draw.choice((TEXTS, TEXTS, NUMBERS, KINDS)))


def spoiled(value: Any, draw: Random) -> Any:
    """The value with one place in it replaced, at any depth."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        key = draw.choice(sorted(value))
        return {**value, key: spoiled(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.7:
        place = draw.randrange(len(value))
        return [*value[:place], spoiled(value[place], draw), *value[place + 1 :]]
    return hostile(draw)
