"""Forty drafts written by hand for the first forty of the demo's prospects, six of them with a deliberate fault.

`handwritten_drafts.txt` holds blocks of `company:`, an optional `fault:`, `Subject:`, a blank line and the body, ended
by `===`.
"""

from pathlib import Path
from typing import Final

PROVENANCE: Final = "written for the demo"
_FILE = Path(__file__).with_name("handwritten_drafts.txt")


def hand_drafts() -> list[dict[str, str]]:
    """Read the drafts as dicts of `company`, `subject` and `body`, in the order of the prospects."""
    return [{key: block[key] for key in ("company", "subject", "body")} for block in _blocks()]


def faults() -> dict[str, str]:
    """Read the name of the deliberate fault by company, for the six drafts that have one."""
    return {block["company"]: block["fault"] for block in _blocks() if "fault" in block}


def _blocks() -> list[dict[str, str]]:
    return [_block(text) for text in _FILE.read_text(encoding="utf-8").split("\n===\n") if text.strip()]


def _block(text: str) -> dict[str, str]:
    head, body = text.strip().split("\n\n", 1)
    lines = (line.split(": ", 1) for line in head.splitlines())
    return {key.lower(): value for key, value in lines} | {"body": body}
