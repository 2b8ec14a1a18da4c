"""What readers of the drill write back, by the number in their address: seven of ten write nothing."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"person(\d+)@")
ASKS, LEAVES, LATER = (
    "What does it cost per year?",
    "Please remove me from your list.",
    "Thank you. Not now, perhaps in spring.",
)
TEXTS = {1: ASKS, 4: LEAVES, 7: LATER}


def number_of(address: str) -> int:
    """The number of a reader."""
    found = _NUMBER.match(address)
    assert found is not None, address
    return int(found[1])


def text_of(address: str) -> str:
    """What a reader writes, which nobody else writes; empty where nothing comes back."""
    number = number_of(address)
    return f"{text}\n\nReader {number}" if (text := TEXTS.get(number % 10, "")) else ""


def reply_to(address: str, message_id: str) -> bytes:
    """The mail in which a reader answers ours; empty where nothing comes back."""
    text = text_of(address)
    lines = (
        f"From: {address}", "To: replies@sender.example", "Subject: Re: A depot", f"In-Reply-To: <{message_id}>",
        f"Message-ID: <reply-{number_of(address)}@reader.example>", "", text, "",
    )  # fmt: skip
    return "\r\n".join(lines).encode() if text else b""
