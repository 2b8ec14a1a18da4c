"""Ask a provider for its models: `GET models`, to a checked and pinned address, with that address's key.

Costs nothing, follows no redirect, and stores nothing. Some lists say when a model is shut down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from generation.states import DEFAULT_SECRET, Provider, address_of
from generation.teachers import addresses, keys
from jobs.secrets import allow_list, store
from jobs.secrets.allow_list import SecretUse
from web.errors import Refusal
from web.net.page_fetch import OK, FetchedPage, FetchError, FetchLimits, FetchRules, fetch

LIMITS = FetchLimits(total_s=15, wait_s=8, max_bytes=4_000_000, hops=0)
JSON_TYPES = frozenset({"application/json"})
MOST = 1_000
LONGEST_NAME = 120
# What OpenAI and Mistral call the day on which a model ends; each a day, or a time that begins with one.
SHUTDOWN_KEYS = ("shutdown_date", "deprecation")
# Of Anthropic's API, as its own client sends it.
ANTHROPIC_VERSION = "2023-06-01"
_REFUSED = {401: "The provider refused the key.", 403: "The key may not list models.", 404: "It offers no such list."}


@dataclass(frozen=True)
class OfferedModels:
    """Content of a provider's list: names in alphabetical order, and the day of those that it says are shut down."""

    names: list[str]
    shutdown_dates: dict[str, date]


def models_of(
    provider: str, base_url: str, *, key: str = "", secret_ref: str = "", teacher_id: UUID | None = None
) -> OfferedModels:
    """Return a provider's models.

    Args:
        provider: One of `Provider`.
        base_url: As on the form; empty for the provider's own.
        key: As typed on the form, for this one question; it is not stored.
        secret_ref: Without a key, the name of one.
        teacher_id: Without either, of the teacher whose stored key is used.

    Raises:
        Refusal: `models_unknown`, why there is no list; `base_url`, for an address that may not be called; or as a key
            is refused that may not go to the address.
    """
    if provider not in Provider or not (address := address_of(provider, base_url.strip())):
        raise _unknown("This provider offers no list of models.")
    secret = keys.check(key, url=address) if key.strip() else _secret_of(provider, address, secret_ref, teacher_id)
    if base_url.strip():
        addresses.check(address)
    is_anthropic = provider == Provider.ANTHROPIC
    url = address.rstrip("/") + ("/v1/models?limit=1000" if is_anthropic else "/models")
    headers = {"x-api-key": secret, "anthropic-version": ANTHROPIC_VERSION} if is_anthropic else _bearer(secret)
    rules = FetchRules(
        user_agent="Miniatures",
        named=tuple(addresses.private_hosts()),
        types=JSON_TYPES,
        headers=headers,
        any_port=True,
    )
    try:
        page = fetch(url, rules=rules, limits=LIMITS)
    except FetchError as error:
        raise _unknown(error.message) from error
    return _offered(page)


def _secret_of(provider: str, address: str, secret_ref: str, teacher_id: UUID | None) -> str:
    """Return the key that a saved teacher like this would be asked with; empty where it needs none."""
    stored = keys.name_for(teacher_id) if teacher_id else ""
    own = stored if stored and store.is_set(stored) else DEFAULT_SECRET.get(Provider(provider), "")
    name = secret_ref.strip() or own
    if not name:
        return ""
    if not store.NAME.match(name) or store.is_provided(name):
        raise _unknown("This is not the name of a variable; enter the key itself under Key.")
    allow_list.require(name, use=SecretUse.TEACHER, url=address, field=keys.FIELD)
    return store.resolve(name)


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def _offered(page: FetchedPage) -> OfferedModels:
    if page.status != OK:
        raise _unknown(_REFUSED.get(page.status, f"The provider answered with HTTP {page.status}."))
    try:
        # Gemini lists names as paths and takes them without.
        rows = {str(row["id"]).removeprefix("models/"): row for row in json.loads(page.body)["data"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _unknown("The provider's answer is not a list of models.") from None
    names = sorted(name for name in rows if 0 < len(name) <= LONGEST_NAME and name.isprintable())[:MOST]
    days = {name: _shutdown_date(rows[name]) for name in names}
    return OfferedModels(names, {name: day for name, day in days.items() if day})


def _shutdown_date(row: Mapping[str, object]) -> date | None:
    """Shutdown date from a list; None where it cannot be read."""
    for key in SHUTDOWN_KEYS:
        if isinstance(value := row.get(key), str):
            try:
                return date.fromisoformat(value[:10])
            except ValueError:
                continue
    return None


def _unknown(message: str) -> Refusal:
    return Refusal("models_unknown", message, hint="Write the model's name as the provider's page has it.")
