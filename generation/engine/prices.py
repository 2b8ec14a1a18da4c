"""Cost of the tokens of a paid call. Pure arithmetic; no Django."""

from __future__ import annotations

from pydantic import Field

from jobs.contracts import Wire

TOKEN_PRICES = (
    "input_usd_per_million",
    "output_usd_per_million",
    "cached_input_usd_per_million",
    "cache_write_usd_per_million",
)


class TokenPrices(Wire):
    """List prices of a teacher's tokens, US dollars."""

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
    ) -> float:
        """List price of so many tokens, US dollars.

        Args:
            input_tokens: All that was sent, those below included.
            cached_tokens: Those of the input that were read from the provider's cache.
            cache_write_tokens: Those of the input that were written into it.
        """
        # A server may count its cache apart from the rest: that must never make the rest of the call cheaper.
        plain = max(0, input_tokens - cached_tokens - cache_write_tokens)
        cost = plain * self.input_usd_per_million + output_tokens * self.output_usd_per_million
        cost += cached_tokens * self._or_input(self.cached_input_usd_per_million)
        cost += cache_write_tokens * self._or_input(self.cache_write_usd_per_million)
        return round(cost * (self.batch_factor if is_batch else 1.0) / 1_000_000, 9)

    def dearest_input_usd_per_million(self) -> float:
        """Return what a token of a prompt costs at most, whether a cache knows it, keeps it, or neither."""
        cache_prices = (self.cached_input_usd_per_million, self.cache_write_usd_per_million)
        return max(self.input_usd_per_million, *map(self._or_input, cache_prices))

    def _or_input(self, usd_per_million: float | None) -> float:
        return self.input_usd_per_million if usd_per_million is None else usd_per_million
