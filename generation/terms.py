"""What providers say on training with their outputs, in our words, with the page to read and the day we read it.

Pure. No legal advice: it tells a lead what to check before a dataset is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Terms:
    """One provider's rule on outputs as training text."""

    provider: str
    summary: str
    url: str
    as_of: date


READ = date(2026, 11, 20)
TERMS = {
    "offline": Terms(
        "offline",
        "Composed on this machine by the product itself; no provider's terms apply.",
        "",
        READ,
    ),
    "openai": Terms(
        "openai",
        "You own the output, but may not use it to build models that compete with OpenAI. Whether a small model for "
        "one task of your own business competes is for you to judge; ask OpenAI when in doubt.",
        "https://openai.com/policies/services-agreement/",
        READ,
    ),
    "anthropic": Terms(
        "anthropic",
        "You own the output, but may not use the service to build a competing product or to train competing models "
        "unless Anthropic has agreed. Get that agreement in writing before you train on it.",
        "https://www.anthropic.com/legal/commercial-terms",
        READ,
    ),
    "openai-compatible": Terms(
        "openai-compatible",
        "The terms are those of whoever runs the server and of the model's own licence; some open-weight licences ask "
        "that models trained on outputs carry their name, or forbid it.",
        "",
        READ,
    ),
}


def terms_of(provider: str) -> Terms:
    """The terms of a provider.

    Raises:
        KeyError: No such provider.
    """
    return TERMS[provider]


def card_notes(teachers: list[str]) -> list[str]:
    """Sentences for a data card on texts of these teachers, each named `provider:model`."""
    providers = sorted({teacher.partition(":")[0] for teacher in teachers} & set(TERMS))
    return [_sentence(TERMS[provider]) for provider in providers]


def _sentence(terms: Terms) -> str:
    source = f" See {terms.url} (read {terms.as_of:%Y-%m-%d})." if terms.url else ""
    return f"Terms of {terms.provider}: {terms.summary}{source}"
