"""What a fresh installation starts with: the offline teacher, and public list prices as read on a day.

Laid after every migration where a table is empty; what an admin has changed or removed stays so.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from generation.models import PriceEntry, Teacher
from generation.states import Provider

AS_OF = date(2026, 11, 20)
OPENAI_PAGE = "https://developers.openai.com/api/docs/pricing"
ANTHROPIC_PAGE = "https://platform.claude.com/docs/en/about-claude/pricing"
NOTE = "List price without caching or batches. Check the page before a large order."
OFFLINE_SLUG, OFFLINE_MODEL = "offline", "offline-composer"

# (provider, model, US dollars per million input tokens, per million output tokens)
PRICES = (
    (Provider.OPENAI, "gpt-4o", "2.50", "10.00"),
    (Provider.OPENAI, "gpt-4o-mini", "0.15", "0.60"),
    (Provider.OPENAI, "gpt-4.1", "2.00", "8.00"),
    (Provider.OPENAI, "gpt-4.1-mini", "0.40", "1.60"),
    (Provider.OPENAI, "gpt-5", "1.25", "10.00"),
    (Provider.OPENAI, "gpt-5-mini", "0.25", "2.00"),
    (Provider.OPENAI, "gpt-5.4", "2.50", "15.00"),
    (Provider.OPENAI, "gpt-5.4-mini", "0.75", "4.50"),
    (Provider.OPENAI, "gpt-5.5", "5.00", "30.00"),
    (Provider.ANTHROPIC, "claude-opus-5-5", "4.00", "20.00"),
    (Provider.ANTHROPIC, "claude-sonnet-5-5", "2.00", "10.00"),
    (Provider.ANTHROPIC, "claude-sonnet-4-5", "3.00", "15.00"),
    (Provider.ANTHROPIC, "claude-haiku-4-5", "1.00", "5.00"),
)
PAGES = {Provider.OPENAI: OPENAI_PAGE, Provider.ANTHROPIC: ANTHROPIC_PAGE}


def lay(**_: Any) -> None:
    """Fill empty tables; a receiver of `post_migrate`, and harmless to call again."""
    if not PriceEntry.objects.exists():
        PriceEntry.objects.bulk_create(
            PriceEntry(
                provider=provider,
                model=model,
                input_usd_per_million=Decimal(given),
                output_usd_per_million=Decimal(answered),
                as_of=AS_OF,
                source_url=PAGES[provider],
                note=NOTE,
            )
            for provider, model, given, answered in PRICES
        )
    if not Teacher.objects.exists():
        Teacher.objects.create(
            slug=OFFLINE_SLUG, name="Offline teacher", provider=Provider.OFFLINE, model=OFFLINE_MODEL, concurrency=4
        )
