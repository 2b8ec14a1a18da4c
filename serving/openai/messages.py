"""Messages of a chat completion: roles and texts that a miniature reads. Pure."""

from __future__ import annotations

from typing import Final

from serving.openai import values

MAX_MESSAGES: Final = 256
LONGEST_NAME: Final = 64
ROLES: Final = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def read_messages(value: object) -> list[dict[str, str]]:
    """Read the turns of a conversation.

    Raises:
        ApiError: 400; names the message and the part.
    """
    if not isinstance(value, list) or not value:
        raise values.wrong("messages", "must be a list with at least one message")
    if len(value) > MAX_MESSAGES:
        raise values.wrong("messages", f"holds more than {MAX_MESSAGES} messages")
    return [_message(message, f"messages[{at}]") for at, message in enumerate(value)]


def have_names(value: object) -> bool:
    """Tell whether a message names its writer: no chat template here reads the name."""
    return isinstance(value, list) and any(isinstance(each, dict) and each.get("name") is not None for each in value)


def _message(value: object, place: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise values.wrong(place, "must be an object with role and content")
    role = value.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise values.wrong(f"{place}.role", f"must be one of {', '.join(ROLES)}")
    for name in value:
        if name == "name":
            _check_name(value[name], f"{place}.name")
        elif name not in ("role", "content") and value[name] not in (None, []):
            raise values.unsupported(f"{place}.{name[:80]}", f"'{name[:80]}' in {place} is not supported.")
    content = value.get("content")
    # An assistant's turn without a text is one that only called tools.
    is_empty = content is None and ROLES[role] == "assistant"
    return {"role": ROLES[role], "content": "" if is_empty else _content(content, f"{place}.content")}


def _check_name(value: object, place: str) -> None:
    if value is not None and not (isinstance(value, str) and len(value) <= LONGEST_NAME):
        raise values.wrong(place, f"must be a text of at most {LONGEST_NAME} characters")


def _content(value: object, place: str) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise values.wrong(place, "must be text, or a list of text parts")
    for part in value:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise values.wrong(place, "may hold parts of the type 'text' only")
    return "".join(part["text"] for part in value)
