"""Repository and secret of a push to a hub, checked alike for versions and for miniatures."""

from __future__ import annotations

import re

from django.conf import settings

from jobs.models import Job
from jobs.secrets import allow_list, store
from jobs.secrets.allow_list import SecretUse
from web.errors import Refusal

DEFAULT_TOKEN = "HF_TOKEN"  # noqa: S105 (a name)
USUAL_HUB = "https://huggingface.co"
_REPOSITORY = re.compile(r"\A[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z")


def check(to: str, token: str, **mistakes: list[str]) -> None:
    """Refuse a repository or a secret that cannot be used.

    Args:
        to: `owner/name`.
        token: Name of the secret that opens the hub.
        mistakes: Those of further fields, by name; an empty list is none.

    Raises:
        Refusal: 422 with messages by field.
    """
    errors = {name: texts for name, texts in mistakes.items() if texts}
    if not _REPOSITORY.match(to):
        errors["to"] = [f"'{to}' names no repository. Write owner/name, such as acme/outreach-gold."]
    if not store.NAME.match(token) or token in store.OWN or store.is_provided(token):
        errors["token"] = [f"'{token}' cannot name the secret of a hub. Use a name such as {DEFAULT_TOKEN}."]
    elif not allow_list.is_allowed(token, use=SecretUse.HUB, url=_hub()):
        errors["token"] = [_not_allowed(token)]
    elif not store.is_set(token):
        errors["token"] = [f"The secret {token} has no value. Set it where the workers run, and start them again."]
    if errors:
        raise Refusal("invalid_push", "Nothing was sent.", hint="Correct these fields.", errors=errors)


def secret_refs(job: Job) -> list[str]:
    """Return the token that the engine needs. The last look before it is handed over.

    Raises:
        Refusal: It may not (any more) be sent to the hub.
    """
    token = str(job.spec["token"])
    allow_list.require(token, use=SecretUse.HUB, url=_hub(), field="token")
    return [token]


def _hub() -> str:
    return settings.HUB_ENDPOINT or USUAL_HUB


def _not_allowed(token: str) -> str:
    try:
        allow_list.require(token, use=SecretUse.HUB, url=_hub(), field="token")
    except Refusal as refusal:
        return refusal.errors["token"][0]
    return ""
