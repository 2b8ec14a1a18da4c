"""Values of secrets by name: from the environment, stored by a room, or made by one.

They go to an engine's pipe, nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Protocol

from web.errors import Refusal

NAME = re.compile(r"\A[A-Z][A-Z0-9_]{1,63}\Z")
# The house's own keys are nobody's provider key: naming one as such would send it to a stranger's address.
OWN = frozenset({
    "SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "REDIS_URL", "BROKER_URL", "TEST_DATABASE_URL"
})  # fmt: skip
_PROVIDED: dict[str, Callable[[], str]] = {}
# By the beginning of their names.
_PROVIDED_ALL: dict[str, Callable[[str], str]] = {}
# Names that begin so are never read from the environment: a room stores their values, encrypted.
STORED = "STORED_KEY_"
_LOOKS_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|DSN)\Z")


class KeyStore(Protocol):
    """Interface to the secrets that a room stores, all named `STORED_KEY_…`."""

    def value_of(self, name: str) -> str:
        """The secret itself.

        Raises:
            Refusal: `secret_missing`, there is none of this name, or it cannot be read any more.
        """
        ...

    def has(self, name: str) -> bool: ...

    def goes_to(self, name: str, url: str) -> bool:
        """Return whether this secret was entered for the host, port and scheme of an address."""
        ...


_STORES: list[KeyStore] = []


def keep_in(keys: KeyStore) -> None:
    """Let an upper room store secrets that members enter."""
    _STORES[:] = [keys]


def is_stored(name: str) -> bool:
    """Return whether a name is one of a stored secret, there or not."""
    return name.startswith(STORED)


def stored_goes_to(name: str, url: str) -> bool:
    """Return whether a stored secret was entered for the place of an address."""
    return is_stored(name) and any(keys.goes_to(name, url) for keys in _STORES)


def provide(name: str, make: Callable[[], str]) -> None:
    """Let an upper room make the value of a secret of its own each time it is asked for."""
    _PROVIDED[name] = make


def provide_all(prefix: str, make: Callable[[str], str]) -> None:
    """Let an upper room make the values of all secrets whose names begin so, each from its name."""
    _PROVIDED_ALL[prefix] = make


def is_provided(name: str) -> bool:
    """Return whether a room makes this secret. It may not be named as a provider's key, which is sent to strangers."""
    return name in _PROVIDED or name.startswith(tuple(_PROVIDED_ALL))


def resolve(name: str) -> str:
    """The value of a secret.

    Raises:
        Refusal: The name is not one, is the house's own, or has no value; says which variable to set.
    """
    if not NAME.match(name) or name in OWN:
        raise Refusal("secret_name", f"'{name}' cannot name a secret.", hint="Use a name such as OPENAI_API_KEY.")
    if make := _PROVIDED.get(name):
        return make()
    for prefix, make_by_name in _PROVIDED_ALL.items():
        if name.startswith(prefix):
            return make_by_name(name)
    if is_stored(name):
        for keys in _STORES:
            return keys.value_of(name)
        raise Refusal("secret_missing", f"The secret {name} has no value.", hint="Enter the key again.")
    value = os.environ.get(name, "").strip()
    if not value:
        raise Refusal(
            "secret_missing",
            f"The secret {name} has no value.",
            hint=f"Set the environment variable {name} where the workers run, and start them again.",
        )
    if not (value.isascii() and value.isprintable()):
        # No header carries it: a call would be lost on its way out, and taken for one that may have been paid.
        raise Refusal(
            "secret_missing",
            f"The secret {name} has a line break or a letter that no key has.",
            hint=f"Set the environment variable {name} to the key alone, and start the workers again.",
        )
    return value


def is_set(name: str) -> bool:
    """Return whether a secret of this name is set and `resolve` may read it."""
    if is_stored(name):
        return any(keys.has(name) for keys in _STORES)
    return is_provided(name) or (
        NAME.match(name) is not None and name not in OWN and bool(os.environ.get(name, "").strip())
    )


def without_secrets(environment: dict[str, str]) -> dict[str, str]:
    """An environment for an engine: everything but what looks like a secret; engines get theirs on a pipe."""
    return {
        name: value for name, value in environment.items() if name not in OWN and not _LOOKS_SECRET.search(name.upper())
    }
