"""Options that say how tokens are drawn: bounds, and what of them the engine has to hear. Pure.

`top_k`, `min_p` and `repetition_penalty` are not OpenAI's; vLLM, llama.cpp and the openai client's `extra_body` spell
them so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from serving.openai import values

MOST_BIASES: Final = 1024
LARGEST_BIAS: Final = 100
MOST_TOP_K: Final = 1_000_000
LARGEST_REPETITION_PENALTY: Final = 2
_TOKEN_ID: Final = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Drawing:
    """Sampling options beside temperature, `top_p` and seed; the defaults have no effect."""

    top_k: int = 0
    min_p: float = 0.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repetition_penalty: float = 1.0
    logit_bias: Mapping[str, float] = field(default_factory=dict)

    def as_ask(self) -> dict[str, Any]:
        """Name what asks for something; a plain question carries nothing of it to the engine."""
        return {each: getattr(self, each) for each in self.options}

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(each for each in NAMES if getattr(self, each) != getattr(PLAIN, each))


PLAIN: Final = Drawing()
NAMES: Final = tuple(each.name for each in fields(Drawing))


def read_drawing(body: Mapping[str, Any]) -> Drawing:
    """Read what a body says of the drawing of tokens.

    Raises:
        ApiError: 400; names the option and its bounds.
    """
    if not any(name in body for name in NAMES):
        return PLAIN
    penalty = values.number(body, "repetition_penalty", 0, LARGEST_REPETITION_PENALTY, above=True)
    return Drawing(
        # -1, as vLLM spells it, and 0 keep every token.
        top_k=max(0, values.integer(body, "top_k", -1, MOST_TOP_K) or 0),
        min_p=values.number(body, "min_p", 0, 1) or 0.0,
        presence_penalty=values.number(body, "presence_penalty", -2, 2) or 0.0,
        frequency_penalty=values.number(body, "frequency_penalty", -2, 2) or 0.0,
        repetition_penalty=1.0 if penalty is None else penalty,
        logit_bias=_biases(body.get("logit_bias")),
    )


def _biases(value: object) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MOST_BIASES:
        raise values.wrong("logit_bias", f"must be an object of at most {MOST_BIASES} token ids with their biases")
    for token, bias in value.items():
        if not _TOKEN_ID.fullmatch(token):
            raise values.wrong("logit_bias", f"must name tokens by their ids, and '{token[:40]}' is none")
        if not values.is_number(bias) or not -LARGEST_BIAS <= bias <= LARGEST_BIAS:
            raise values.wrong(f"logit_bias.{token}", f"must be a number from {-LARGEST_BIAS} to {LARGEST_BIAS}")
    return {token: float(bias) for token, bias in value.items() if bias}
