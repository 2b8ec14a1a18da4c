"""Allow-list of secrets by use and host. It exists because people type the names of secrets.

The well-known keys go to their own provider over https. Everything else stands in `ALLOWED_SECRETS`, which only
whoever runs the installation can set: `use:NAME@host`, such as `teacher:LAB_KEY@gpu-1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from django.conf import settings

from jobs.secrets import store
from web.errors import Refusal
from web.net import ssrf


class SecretUse(StrEnum):
    """Use that a secret is named for."""

    TEACHER = "teacher"
    HUB = "hub"


@dataclass(frozen=True)
class SecretRule:
    """A secret, by name or pattern, that may be sent to hosts of a pattern; `port` 0 stands for any."""

    use: str
    name: str
    host: str
    port: int = 0
    only_https: bool = False

    def allows(self, use: SecretUse, name: str, place: ssrf.Endpoint) -> bool:
        return (
            self.use == use
            and fnmatchcase(name, self.name)
            and fnmatchcase(place.host, self.host)
            and self.port in (0, place.port)
            and (place.scheme == "https" or not self.only_https)
        )


WELL_KNOWN = (
    SecretRule(SecretUse.TEACHER, "OPENAI_API_KEY", "api.openai.com", only_https=True),
    SecretRule(SecretUse.TEACHER, "OPENAI_API_KEY", "*.api.openai.com", only_https=True),
    SecretRule(SecretUse.TEACHER, "ANTHROPIC_API_KEY", "api.anthropic.com", only_https=True),
    SecretRule(SecretUse.TEACHER, "AZURE_OPENAI_API_KEY", "*.openai.azure.com", only_https=True),
    SecretRule(SecretUse.TEACHER, "GEMINI_API_KEY", "generativelanguage.googleapis.com", only_https=True),
    SecretRule(SecretUse.TEACHER, "OPENROUTER_API_KEY", "openrouter.ai", only_https=True),
    SecretRule(SecretUse.TEACHER, "MISTRAL_API_KEY", "api.mistral.ai", only_https=True),
    SecretRule(SecretUse.HUB, "HF_TOKEN", "huggingface.co", only_https=True),
)
_RULE = re.compile(
    r"\A(?P<use>[a-z]+):(?P<name>[A-Z*][A-Z0-9_*]*)@(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.*_-]+)(?::(?P<port>[0-9]+))?\Z"
)


class BadRuleError(Exception):
    """A setting that says where secrets may go cannot be understood.

    Args:
        message: Which, and what is wrong with it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def rules() -> Iterator[SecretRule | BadRuleError]:
    """Yield the well-known rules and those of this installation; a fault in the place of one that cannot be read.

    Such a one is no permission, and takes none of the others away; a system check says it at start.
    """
    yield from WELL_KNOWN
    if settings.HUB_ENDPOINT:
        yield _rule_of_own_hub(settings.HUB_ENDPOINT)
    yield from map(_rule_of, settings.ALLOWED_SECRETS)


def _rule_of_own_hub(address: str) -> SecretRule | BadRuleError:
    """Return the rule for a hub of one's own, which the operator of the installation names for the hub's token."""
    try:
        own = ssrf.parse(address, may_have_query=False)
    except ssrf.AddressRefusedError as refused:
        return BadRuleError(f"HUB_ENDPOINT cannot be used: {refused.message}", refused.hint)
    return SecretRule(SecretUse.HUB, "HF_TOKEN", own.host, own.port)


def _rule_of(entry: str) -> SecretRule | BadRuleError:
    parts = _RULE.match(entry)
    if parts is None or parts["use"] not in tuple(SecretUse):
        message = (
            f"ALLOWED_SECRETS holds '{entry}'; write use:NAME@host with use one of {', '.join(SecretUse)}, "
            "such as teacher:LAB_KEY@gpu-1."
        )
        return BadRuleError(message, "Separate entries with commas.")
    return SecretRule(parts["use"], parts["name"], parts["host"].lower().strip("[]"), int(parts["port"] or 0))


def is_allowed(name: str, *, use: SecretUse, url: str) -> bool:
    """Return whether a secret may be sent to an address for a use.

    A secret that a room makes itself always may: that room decides where it goes.
    """
    if store.is_provided(name):
        return True
    if name in store.OWN:
        return False
    if store.is_stored(name):
        return use == SecretUse.TEACHER and store.stored_goes_to(name, url)
    try:
        place = ssrf.parse(url, may_have_query=True)
    except ssrf.AddressRefusedError:
        return False
    return any(isinstance(rule, SecretRule) and rule.allows(use, name, place) for rule in rules())


def require(name: str, *, use: SecretUse, url: str, field: str) -> None:
    """Refuse a secret that may not be sent to an address.

    Args:
        name: The name of an environment variable.
        use: What it is named for.
        field: Beside which field of a form the refusal is shown.

    Raises:
        Refusal: `secret_not_allowed`, with what the operator of the installation would have to set.
    """
    if is_allowed(name, use=use, url=url):
        return
    host = _host_of(url)
    if store.is_stored(name):
        message = f"The key was not entered for {host}, and goes to no other place than it was entered for."
        raise Refusal(
            "secret_not_allowed", message, hint="Enter the key again.", errors={field: [f"{message} Enter it again."]}
        )
    hint = (
        "Use the key that belongs to this address, or ask the administrator of this installation to add "
        f"{use}:{name}@{host} to "
        "ALLOWED_SECRETS of the web server and the workers, and restart them."
    )
    message = f"The secret {name} may not be sent to {host}."
    raise Refusal("secret_not_allowed", message, hint=hint, errors={field: [f"{message} {hint}"]})


def _host_of(url: str) -> str:
    try:
        host = ssrf.parse(url, may_have_query=True).host
    except ssrf.AddressRefusedError:
        return "this address"
    return f"[{host}]" if ":" in host else host
