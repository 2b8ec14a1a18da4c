"""Exports that hold no rows: chats between people, which tell no question from its answer, and programs' traces."""

from __future__ import annotations

import re

from web.errors import Refusal

# WhatsApp's lines, as iPhones and as others write them: when, and by whom unless it speaks itself.
_WHATSAPP = re.compile(
    r"^\u200e?(?:\[\d{1,2}[./]\d{1,2}[./]\d{2,4}, \d{1,2}:\d\d[^\]\n]{0,8}\] "
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}, \d{1,2}:\d\d[^-\n]{0,6} - )(?=\S)(?:(?P<who>[^:\n]{1,80}): )?",
    re.MULTILINE,
)
_HEAD_CHARS = 4096


def require_no_chat(text: str) -> None:
    """Refuse a chat of WhatsApp: its first line has a time, and half of those that have one name a person.

    A log has levels in capitals there, and notes of calls have no name.

    Raises:
        Refusal: `file_not_text`.
    """
    head = text.lstrip("\ufeff")[:_HEAD_CHARS]
    if not _WHATSAPP.match(head):
        return
    people = [line["who"] is not None and not line["who"].isupper() for line in _WHATSAPP.finditer(head)]
    if sum(people) * 2 >= len(people):
        raise _refused("WhatsApp", " Or paste it as one text a line: each message is a row then.")


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
    is_message = "date" in first and not {"from_id", "actor_id"}.isdisjoint(first)
    is_telegram = is_message and {"type", "id"} <= value.keys()
    if is_telegram or (first and {"guild", "channel"} <= value.keys()):
        more = " Or send the list under `messages` as a file of its own: each message is a row then."
        raise _refused("Telegram" if is_telegram else "Discord", more)


def _refused(program: str, more: str = "") -> Refusal:
    message = f"This is a chat from {program}, and nothing in it says which message answers which."
    hint = f"Lay a column of messages and one of their answers into a table, and send that.{more}"
    return Refusal("file_not_text", message, hint=hint)
