"""A file of settings, NAME=value a line: what `deploy/install` writes, and what `miniatures --env-file` reads.

Standard library only.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path


class EnvFileError(ValueError):
    """A line that cannot be read: names the file, the line and the way out."""


def read_env(path: Path) -> dict[str, str]:
    """Return the variables of a file, none where it is missing; a value in quotes keeps every character.

    Raises:
        EnvFileError: A quotation mark is not closed.
    """
    lines = path.read_text().splitlines() if path.exists() else []
    pairs = ((number, re.match(r"\s*([A-Za-z_]\w*)\s*=(.*)", line)) for number, line in enumerate(lines, start=1))
    return {pair[1]: _value(pair[2].strip(), path, number) for number, pair in pairs if pair}


def _value(text: str, path: Path, number: int) -> str:
    if text[:1] not in ("'", '"'):
        return re.split(r"\s#", text, maxsplit=1)[0].strip()
    try:
        return shlex.split(text, comments=True)[0]
    except ValueError:
        raise EnvFileError(
            f"{path}, line {number}: a quotation mark is not closed. Close it, or take it out."
        ) from None


def host_name(allowed: str) -> str:
    """Return a name that the site answers to, of its ALLOWED_HOSTS."""
    first = next((name.strip() for name in allowed.split(",") if name.strip()), "")
    # `.example.com` stands for the domain and all names below it, `*` for every name.
    return first.lstrip(".") if first not in ("", "*") else "localhost"
