"""Rows of a fresh installation: the offline teacher, and a few public list prices with where they stood.

Laid after every migration where a table is empty; what an admin has changed or removed stays so. `as_of` is the day an
entry was written into the product, not a day on which the provider's price list was read: `note` says what the source
is, and `source_url` where it lies. It does not know today's prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from generation.models import PriceEntry, Teacher
from generation.states import Provider

LATER = date(2026, 11, 22)
OFFLINE_SLUG, OFFLINE_MODEL = "offline", "offline-composer"


@dataclass(frozen=True)
class PriceSource:
    """A document that names prices, and what kind of document it is."""

    url: str
    note: str
    written: date = date(2026, 11, 20)


CLAUDE_DOCS = "https://platform.claude.com/docs/zh-CN/models/"
OWN_PAGE = "From a stored copy of the provider's page on this model, Chinese edition, copy undated."
CACHE = "Cache prices second-hand: 1.25 and 0.1 of input."
CLAUDE_OPUS = PriceSource(f"{CLAUDE_DOCS}opus-5-5/overview", OWN_PAGE)
CLAUDE_SONNET = PriceSource(
    f"{CLAUDE_DOCS}sonnet-5-5/overview", f"{OWN_PAGE} Cached price from its migration guide: half that of Sonnet 5."
)
CLAUDE_HAIKU = PriceSource(
    f"{CLAUDE_DOCS}haiku-4-5/overview.md", f"{OWN_PAGE} It calls the model a legacy one. {CACHE}"
)
GPT_5_MINI = PriceSource(
    "https://developers.openai.com/ko-KR/api/docs/models/gpt-5-mini",
    "From a stored copy of the provider's page on this model, Korean edition, copy undated. It says the model is to be "
    "retired. Cached price second-hand.",
)
WIKI = PriceSource(
    "https://github.com/CommitBrief/commitbrief/wiki/Provider-OpenAI",
    "Second-hand: a tool's manual of May 2026 that refers to OpenAI's price list; cached price from a client library.",
)
ELIXIR = PriceSource(
    "https://hex.pm/packages/openai_responses/0.4.1/files/lib/responses/pricing.ex",
    "Second-hand: a client library's table of June 2025 that refers to OpenAI's price list.",
)
CRATE = PriceSource(
    "https://docs.rs/crate/openai-cost/latest/source/src/pricing.rs",
    "Second-hand: a library's table of the second quarter of 2026 that refers to OpenAI's price list.",
)

LUNA = PriceSource(
    "https://developers.openai.com/ja-JP/api/docs/models/gpt-6-luna",
    "From a stored copy of the provider's page on this model, Japanese edition, copy undated; "
    "up to 272,000 input tokens.",
    LATER,
)
LUNA_5_6 = PriceSource(
    "https://developers.openai.com/ja-JP/api/docs/models/gpt-5.6-luna",
    "From a stored copy of the provider's page on this model, Japanese edition, copy undated; "
    "up to 272,000 input tokens.",
    LATER,
)
TERRA = PriceSource(
    "https://developers.openai.com/api/docs/models/gpt-6.1-terra",
    "From a stored copy of the provider's page on this model, copy undated; up to 272,000 input tokens.",
    LATER,
)
COMPARED = PriceSource(
    "https://apidog.com/blog/gpt-6-1-terra-vs-gpt-6-1-sol/",
    "Second-hand: a tool maker's comparison of 27 October 2026; up to 272,000 input tokens.",
    LATER,
)

# When OpenAI shuts models down, as a stored, undated copy of its page on retired models has it
# (https://developers.openai.com/api/docs/deprecations); for the four of January, as two reports quote that page of
# October 2026 (https://codersera.com/blog/gpt-4o-gpt-4-1-api-shutdown-migration-2026/).
SHUTDOWNS = {
    "gpt-5": date(2026, 12, 11),
    "gpt-5-mini": date(2026, 12, 11),
    "gpt-4o": date(2027, 1, 14),
    "gpt-4o-mini": date(2027, 1, 14),
    "gpt-4.1": date(2027, 1, 14),
    "gpt-4.1-mini": date(2027, 1, 14),
}

# (provider, model, US dollars per million input tokens, per million output tokens, source, per million input tokens
# read from a cache, per million written into it). None: no source names it, or two disagree; priced as plain input.
PRICES = (
    (Provider.OPENAI, "gpt-4o", "2.50", "10.00", WIKI, "1.25", None),
    (Provider.OPENAI, "gpt-4o-mini", "0.15", "0.60", WIKI, "0.075", None),
    (Provider.OPENAI, "gpt-4.1", "2.00", "8.00", ELIXIR, "0.50", None),
    (Provider.OPENAI, "gpt-4.1-mini", "0.40", "1.60", ELIXIR, "0.10", None),
    (Provider.OPENAI, "gpt-5", "1.25", "10.00", CRATE, None, None),
    (Provider.OPENAI, "gpt-5-mini", "0.25", "2.00", GPT_5_MINI, "0.025", None),
    (Provider.OPENAI, "gpt-6-luna", "0.10", "0.50", LUNA, "0.01", "0.125"),
    (Provider.OPENAI, "gpt-6.1-terra", "1.00", "5.00", TERRA, "0.05", "1.25"),
    (Provider.OPENAI, "gpt-6.1-sol", "2.00", "10.00", COMPARED, "0.10", "2.50"),
    (Provider.OPENAI, "gpt-5.6-luna", "0.20", "1.20", LUNA_5_6, "0.02", "0.25"),
    (Provider.ANTHROPIC, "claude-opus-5-5", "4.00", "20.00", CLAUDE_OPUS, "0.20", "5.00"),
    (Provider.ANTHROPIC, "claude-sonnet-5-5", "2.00", "10.00", CLAUDE_SONNET, "0.10", "2.50"),
    (Provider.ANTHROPIC, "claude-haiku-4-5", "1.00", "5.00", CLAUDE_HAIKU, "0.10", "1.25"),
)


def create_defaults(**_: Any) -> None:
    """Fill empty tables; a receiver of `post_migrate`, and harmless to call again."""
    if not PriceEntry.objects.exists():
        PriceEntry.objects.bulk_create(
            PriceEntry(
                provider=provider,
                model=model,
                input_usd_per_million=Decimal(input_price),
                output_usd_per_million=Decimal(output_price),
                cached_input_usd_per_million=Decimal(cached) if cached else None,
                cache_write_usd_per_million=Decimal(cache_write_price) if cache_write_price else None,
                as_of=source.written,
                shutdown_date=SHUTDOWNS.get(model) if provider == Provider.OPENAI else None,
                source_url=source.url,
                note=source.note,
            )
            for provider, model, input_price, output_price, source, cached, cache_write_price in PRICES
        )
    if not Teacher.objects.exists():
        Teacher.objects.create(
            slug=OFFLINE_SLUG, name="Offline teacher", provider=Provider.OFFLINE, model=OFFLINE_MODEL, concurrency=4
        )
