"""Results of verification: whether a passage supports a text, and which places it does not. Pure Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

Rule = Literal["number", "unit", "date", "name", "quote", "negation", "antonym", "restriction", "role", "model"]

SUPPORTED_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A place that the passage does not support.

    Attributes:
        start: First character, in code points of the text.
        end: One past the last character.
        why: What is wrong, in one short sentence.
        rule: Which rule objects; `model` where a model does.
        risk: How likely a text with this objection is unsupported, in [0, 1].
    """

    start: int
    end: int
    why: str
    rule: Rule
    risk: float


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of comparing a text with its passage.

    Attributes:
        supported: Whether the score is at least one half.
        score: How far the passage supports the text, in [0, 1]; 1 where nothing is objected to.
        unsupported: The objections, in the order of the text.
        by: Who says so: `rules`, or the name of a model.
    """

    supported: bool
    score: float
    by: str
    unsupported: tuple[Unsupported, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        places = [{"start": place.start, "end": place.end, "why": place.why} for place in self.unsupported]
        return {"supported": self.supported, "score": self.score, "unsupported": places, "by": self.by}


class Claim(NamedTuple):
    source: str
    text: str


class Verifier(Protocol):
    """Interface of a verifier of texts against passages: the rules, a tuned miniature, a teacher."""

    def verify(self, claims: Sequence[Claim]) -> list[Verification | None]:
        """Compare texts with their passages; one answer each in their order, None where none was given."""
        ...
