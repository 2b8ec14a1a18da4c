"""Exports that hold no rows: chats between people, which tell no question from its answer, and programs' traces."""

from __future__ import annotations

import re

from web.errors import Refusal

# WhatsApp's lines, as iPhones and as others write them.
_WHATSAPP = re.compile(
    r"\u200e?(?:\[\d{1,2}[./]\d{1,2}[./]\d{2,4}, \d{1,2}:\d\d[^\]\n]{0,8}\] "
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}, \d{1,2}:\d\d[^-\n]{0,6} - )\S"
)


def require_no_chat(text: str) -> None:
    """Refuse a chat of WhatsApp by its first line.

    Raises:
        Refusal: `file_not_text`.
    """
    if _WHATSAPP.match(text.lstrip("\ufeff")):
        raise _refused("WhatsApp")


def require_rows(value: object) -> None:
    """Refuse chats of Telegram and Discord, and traces in OpenTelemetry's own form.

    Raises:
        Refusal: `file_not_text`.
    """
    if not isinstance(value, dict):
        return
    if "resourceSpans" in value:
        message = "These are traces in OpenTelemetry's own form, spans within scopes, which is not supported."
        hint = "Export the model's calls as JSONL from Phoenix, Langfuse or another viewer of traces, and send that."
        raise Refusal("file_not_text", message, hint=hint)
    messages = value.get("messages")
    first = messages[0] if isinstance(messages, list) and messages and isinstance(messages[0], dict) else {}
    is_telegram = "date" in first and not {"from_id", "actor_id"}.isdisjoint(first)
    if is_telegram or (first and {"guild", "channel"} <= value.keys()):
        more = " Or choose `messages` as the sheet: each message is a row then."
        raise _refused("Telegram" if is_telegram else "Discord", more)


def _refused(program: str, more: str = "") -> Refusal:
    message = f"This is a chat from {program}, and nothing in it says which message answers which."
    hint = f"Lay a column of messages and one of their answers into a table, and send that.{more}"
    return Refusal("file_not_text", message, hint=hint)
