"""Options that clients send and that change nothing here: checked for their type, taken, and named in the answer.

Whose meaning is the provider's own bookkeeping (who asks, for which cache, at which priority) is no reason to refuse a
question. Whatever would change the text is refused elsewhere. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from serving.openai import messages
from serving.openai.errors import ApiError

LONGEST_NAME: Final = 512
MOST_METADATA: Final = 16
LONGEST_METADATA: Final = (64, 512)
TIERS: Final = ("auto", "default", "flex", "priority", "scale")
RETENTIONS: Final = ("in-memory", "in_memory", "24h")
# The one tier there is, as answers name it.
TIER: Final = "default"
_TEXTS: Final = ("user", "safety_identifier", "prompt_cache_key")
_CHOICES: Final = {"service_tier": TIERS, "prompt_cache_retention": RETENTIONS}
NAMES: Final = frozenset({*_TEXTS, *_CHOICES, "metadata", "store"})


def ignored_options(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the options of a body that change nothing, sorted.

    Raises:
        ApiError: 400, one of them is not of its type.
    """
    names = sorted(name for name in body if name in NAMES and body[name] is not None)
    for name in names:
        if problem := _problem(name, body[name]):
            raise ApiError(400, f"'{name}' {problem}.", code="invalid_value", param=name)
    # Asking not to be stored is heeded: nothing is.
    unheeded = [name for name in names if (name, body[name]) != ("store", False)]
    return tuple(["messages.name", *unheeded] if messages.have_names(body.get("messages")) else unheeded)


def _problem(name: str, value: object) -> str:
    """Describe an invalid value; empty where nothing is wrong."""
    if name == "store":
        return "" if isinstance(value, bool) else "must be true or false"
    if name == "metadata":
        return _metadata_problem(value)
    if name in _CHOICES:
        return "" if value in _CHOICES[name] else f"must be one of {', '.join(_CHOICES[name])}"
    is_good = isinstance(value, str) and len(value) <= LONGEST_NAME
    return "" if is_good else f"must be a text of at most {LONGEST_NAME} characters"


def _metadata_problem(value: object) -> str:
    if not isinstance(value, dict) or len(value) > MOST_METADATA:
        return f"must be an object of at most {MOST_METADATA} pairs"
    longest_key, longest_text = LONGEST_METADATA
    for key, text in value.items():
        if len(key) > longest_key or not isinstance(text, str) or len(text) > longest_text:
            return f"must hold texts of at most {longest_text} characters under names of at most {longest_key}"
    return ""
