"""Settings from environment variables, read once and refused with words a person understands."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})
UNUSABLE_DATA = "The folder of data, '{}', cannot be used: {}. Give it to this account, or name another in VAR_DIR."
# A name or number as Django compares it: `*` is any host, and a dot in front takes in all names below.
HOST = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\]")


def text(name: str, default: str = "") -> str:
    """Value of a variable, stripped; the default where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def var_dir() -> Path:
    """Return the folder of all data, absolute: `VAR_DIR`, or `var` in the folder that `MINIATURES_HOME` names.

    With neither set it is `var` beside the code of a checkout. Code that pip installed keeps no data beside it: there
    it is `var` in the current folder.
    """
    if path := text("VAR_DIR"):
        return Path(path).resolve()
    is_checkout = (BASE_DIR / "pyproject.toml").exists()
    home = text("MINIATURES_HOME") or (BASE_DIR if is_checkout else Path.cwd())
    return (Path(home).expanduser() / "var").resolve()


def required(name: str, why: str) -> str:
    """Value of a variable that must be there.

    Raises:
        ImproperlyConfigured: It is unset or empty.
    """
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"The environment variable {name} is not set. {why}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """A yes-or-no variable.

    Raises:
        ImproperlyConfigured: The value is neither.
    """
    raw = text(name, "1" if default else "0").lower()
    if raw in TRUE:
        return True
    if raw in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is '{raw}'; write 1 or 0.")


def number(name: str, default: float, *, minimum: float = 0, maximum: float = math.inf) -> float:
    """A numeric variable within bounds.

    Raises:
        ImproperlyConfigured: The value is no number, or outside the bounds.
    """
    raw = text(name, str(default))
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ImproperlyConfigured(f"{name} is '{raw}'; write a number, such as {default}.")
    if value < minimum:
        raise ImproperlyConfigured(f"{name} is {raw}; it must be at least {minimum}.")
    if value > maximum:
        raise ImproperlyConfigured(f"{name} is {raw}; it must be at most {maximum}.")
    return value


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """One of a few words.

    Raises:
        ImproperlyConfigured: The value is none of them.
    """
    value = text(name) or default
    if value not in among:
        raise ImproperlyConfigured(f"{name} is '{value}'; write one of: {', '.join(among)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def hosts(name: str) -> list[str]:
    """Comma-separated names of hosts, without those that no request can come to, such as an address or a port.

    Raises:
        ImproperlyConfigured: No name is left.
    """
    if names := [each for each in words(name) if HOST.fullmatch(each)]:
        return names
    usage = "write names alone, comma-separated: app.example.com, or [::1] for a number of IPv6."
    raise ImproperlyConfigured(f"{name} holds '{text(name)}'; {usage}")


def web_address(name: str, default: str = "") -> str:
    """An address of the web; its path may be a secret, so a refusal does not repeat it.

    Raises:
        ImproperlyConfigured: It does not begin with `http://` or `https://` and a host.
    """
    value = text(name, default)
    if value and not re.match(r"https?://[^/\s]", value, re.IGNORECASE):
        raise ImproperlyConfigured(
            f"{name} cannot be used as a web address; write one such as https://app.example.com."
        )
    return value


def prefixed(prefix: str) -> dict[str, str]:
    """Variables whose names begin so, by the rest of their names; empty ones are left out."""
    return {
        name[len(prefix) :]: value.strip() for name, value in os.environ.items() if name.startswith(prefix) and value
    }
