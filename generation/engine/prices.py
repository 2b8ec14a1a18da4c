"""Cost of the tokens of a paid call. Pure arithmetic; no Django."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import Field

from jobs.contracts import Wire

TOKEN_PRICES = (
    "input_usd_per_million",
    "output_usd_per_million",
    "cached_input_usd_per_million",
    "cache_write_usd_per_million",
)
# What providers' public pages say beside their price tables, by the model's name wherever it is resold. Released on 5
# March 2026 or later: GPT-5.4 and what followed.
_RECENT_GPT = r"(?i)\bgpt-(?:5\.[4-9]|[6-9])(?![\d.]*\d*b\b|\d)"
# A longer prompt makes its whole call dearer: tokens, and how many times input with its cache, and output, cost.
LONG_PROMPTS = (
    (re.compile(_RECENT_GPT), 272_000, 2.0, 1.5),
    (re.compile(r"(?i)\bclaude-haiku-5[-.]5"), 100_000, 5.0, 5.0),
    (re.compile(r"(?i)\bgemini-(?:2\.5|3(?:\.1)?)-pro"), 200_000, 2.0, 1.5),
)
REGIONAL_HOSTS, REGIONAL_MODELS, REGIONAL_FACTOR = ".api.openai.com", re.compile(_RECENT_GPT), 1.1


def price_factors(model: str, base_url: str, input_tokens: float) -> tuple[float, float]:
    """Return how many times its list price a call costs: its input with what a cache knows of it, and its output.

    Args:
        base_url: Where the model is asked; empty for its provider's own address.
        input_tokens: All that the one call sends.
    """
    input_factor = output_factor = 1.0
    for name, most_tokens, times_input, times_output in LONG_PROMPTS:
        if input_tokens > most_tokens and name.search(model):
            input_factor, output_factor = times_input, times_output
    if (urlsplit(base_url).hostname or "").endswith(REGIONAL_HOSTS) and REGIONAL_MODELS.search(model):
        return input_factor * REGIONAL_FACTOR, output_factor * REGIONAL_FACTOR
    return input_factor, output_factor


class TokenPrices(Wire):
    """List prices of a model's tokens, US dollars."""

    input_usd_per_million: float = Field(0, ge=0)
    output_usd_per_million: float = Field(0, ge=0)
    # None: not known; such tokens are priced as plain input.
    cached_input_usd_per_million: float | None = Field(None, ge=0)
    cache_write_usd_per_million: float | None = Field(None, ge=0)
    # What a call in a batch costs, as a share of the same call asked live.
    batch_factor: float = Field(1, ge=0, le=1)

    def cost_usd(
        self,
        input_tokens: float,
        output_tokens: float,
        *,
        cached_tokens: int = 0,
        cache_write_tokens: int = 0,
        is_batch: bool = False,
        calls: int = 1,
    ) -> float:
        """Price of so many tokens, US dollars.

        Args:
            input_tokens: All that was sent, those below included.
            cached_tokens: Those of the input that were read from the provider's cache.
            cache_write_tokens: Those of the input that were written into it.
            calls: How many calls of one kind used them together; the length of one decides what a token costs.
        """
        input_factor, output_factor = self.factors(input_tokens / calls)
        # A server may count its cache apart from the rest: that must never make the rest of the call cheaper.
        plain = max(0, input_tokens - cached_tokens - cache_write_tokens)
        input_cost = plain * self.input_usd_per_million
        input_cost += cached_tokens * self._or_input(self.cached_input_usd_per_million)
        input_cost += cache_write_tokens * self._or_input(self.cache_write_usd_per_million)
        cost = input_cost * input_factor + output_tokens * self.output_usd_per_million * output_factor
        return round(cost * (self.batch_factor if is_batch else 1.0) / 1_000_000, 9)

    def factors(self, input_tokens: float) -> tuple[float, float]:
        """Return how many times these prices a call of so many input tokens costs: for its input, for its output."""
        return 1.0, 1.0

    def _or_input(self, usd_per_million: float | None) -> float:
        return self.input_usd_per_million if usd_per_million is None else usd_per_million
