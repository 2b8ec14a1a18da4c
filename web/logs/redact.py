"""Take secrets and addresses of people out of a line before it is written.

Callers keep secrets out of messages; errors of libraries do not, and quote URLs, headers and bodies.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

HIDDEN = "…"
# Each repetition that may fail late is bounded: a line of 100,000 letters must not hold a process up.
_NAMED = r"(?:password|passwd|secret|token(?!s)|api[_-]?key|authorization|cookie|credential|session_?id|signature)"
_PAIR = re.compile(
    rf"""(["']?(?<![\w-])(?:[\w-]{{0,40}}{_NAMED}[\w-]{{0,40}}|key)["']?\s*[:=]\s*)"""
    r"""(?:\b(?:bearer|basic|token)\s+)?("[^"]*"|'[^']*'|[^\s,;&}\])"']+)""",
    re.IGNORECASE,
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(\b[\w+]{1,20}://)[^/\s@\"']{1,300}@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?<=[\w/])\?[^\s\"'<>=]{0,200}=[^\s\"'<>]*"), f"?{HIDDEN}"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:sk|pk|rk|hf|ghp|gho|xox[abp])[-_][\w-]{10,}"), HIDDEN),
    # As Django tells of an address that leads nowhere.
    (re.compile(r"('path': )'[^']*'"), rf"\1'{HIDDEN}'"),
    (_PAIR, rf"\1{HIDDEN}"),
    (re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), f"{HIDDEN}@{HIDDEN}"),
)
_SECRET_VARIABLE = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)$")
LEAST_SECRET = 8


def redactor(environment: Mapping[str, str] = os.environ) -> Callable[[str], str]:
    """A function that takes secrets out of a text: those of the environment by value, others by how they look."""
    values = {value for name, value in environment.items() if _SECRET_VARIABLE.search(name)}
    secrets = sorted((re.escape(value) for value in values if len(value) >= LEAST_SECRET), key=len, reverse=True)
    by_value = re.compile("|".join(secrets)) if secrets else None

    def redact(text: str) -> str:
        if by_value:
            text = by_value.sub(HIDDEN, text)
        for pattern, hidden in _PATTERNS:
            text = pattern.sub(hidden, text)
        return text

    return redact
