"""Terms of providers on training with their outputs: our words, and the page with the words that count.

Pure. No legal advice, and no reading of the contracts themselves: the summaries rest on others' quotations and accounts
of them. They tell a lead what to check before a dataset is used. `as_of` is the day a summary was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from generation.states import PRICE_LISTS


@dataclass(frozen=True)
class ProviderTerms:
    """One provider's rule on outputs as training text; `url` is the provider's own text, which may have changed since.

    `prices_url` is the provider's own price list, for the same reason.
    """

    provider: str
    name: str
    summary: str
    url: str
    as_of: date
    prices_url: str = ""


WRITTEN = date(2026, 11, 20)
TERMS = {
    "offline": ProviderTerms(
        "offline",
        "Offline teacher",
        "Composed on this machine by the product itself; no provider's terms apply.",
        "",
        WRITTEN,
    ),
    "openai": ProviderTerms(
        "openai",
        "OpenAI",
        "The output is yours, but not for building models that compete with OpenAI. Whether a small model for one "
        "task of your own business competes is for you to judge; ask OpenAI when in doubt.",
        "https://openai.com/policies/services-agreement/",
        WRITTEN,
        PRICE_LISTS["openai"],
    ),
    "anthropic": ProviderTerms(
        "anthropic",
        "Anthropic",
        "The output is yours, but the service may not be used for a competing product, or to train competing models, "
        "unless Anthropic has agreed. Whether yours competes is for you to judge; ask Anthropic when in doubt.",
        "https://www.anthropic.com/legal/commercial-terms",
        WRITTEN,
        PRICE_LISTS["anthropic"],
    ),
    "openai-compatible": ProviderTerms(
        "openai-compatible",
        "A server of your own",
        "The terms of the server's operator and the model's licence apply. Read both: a licence may limit "
        "training on its outputs.",
        "",
        WRITTEN,
    ),
}


def terms_of(provider: str) -> ProviderTerms:
    """Return the terms of a provider.

    Raises:
        KeyError: No such provider.
    """
    return TERMS[provider]


def card_notes(teachers: list[str]) -> list[str]:
    """Sentences for a data card on texts of these teachers, each named `provider:model`."""
    providers = sorted({teacher.partition(":")[0] for teacher in teachers} & set(TERMS))
    return [_sentence(TERMS[provider]) for provider in providers]


def _sentence(terms: ProviderTerms) -> str:
    source = (
        f" Summarised in our words on {terms.as_of:%Y-%m-%d}; check the current text at {terms.url}."
        if terms.url
        else ""
    )
    return f"Terms of {terms.provider}: {terms.summary}{source}"
