"""Keys of a member's desk. Letters only: digits belong to reasons, g to jumping between pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext_noop as _

from members.accounts import manage
from members.models import Member
from web.errors import Refusal

DEFAULTS: dict[str, str] = {
    "accept": "a",
    "edit": "e",
    "reject": "r",
    "undo": "z",
    "next": "j",
    "previous": "k",
    "aside": "s",
    "mine": "h",
    "mend": "m",
    "ask": "t",
    "choose": "c",
    "history": "i",
    "similar": "x",
}
WORDS: dict[str, str] = {
    "accept": _("Accept the draft as it is"),
    "edit": _("Edit in place"),
    "reject": _("Reject, then a digit for the reason"),
    "undo": _("Undo the last verdict, across cards"),
    "next": _("Next card of the deck"),
    "previous": _("Previous card of the deck"),
    "aside": _("Set aside with a note; it comes back last"),
    "mine": _("My decisions"),
    "mend": _("Fix the next mark, shown as an edit"),
    "ask": _("Ask a teacher for a revision"),
    "choose": _("Choose the best of several drafts"),
    "history": _("History and comments of the card"),
    "similar": _("Two similar approved texts"),
}
LETTERS = "abcdefhijklmnopqrstuvwxyz"  # without g


class FixedKey(NamedTuple):
    """Keys that no member can change: as a browser names them, as they are shown, and their meaning."""

    names: tuple[str, ...]
    shown: tuple[str, ...]
    words: str


FIXED = (
    FixedKey(("digit",), ("1", "…", "9", "0"), _("Pick label 1 to 10; after reject, give the reason")),
    FixedKey(("⇧",), (_("Shift"), "1", "…", "0"), _("Pick label 11 to 20; further labels have letters")),
    FixedKey(("ArrowUp", "ArrowDown"), ("↑", "↓"), _("Previous or next value")),
    FixedKey(("Enter",), ("↵",), _("Confirm the values, the number in a box, or the note")),
    FixedKey(("Enter",), ("Ctrl", "↵"), _("Save the edit and go on")),
    FixedKey(("Escape",), ("Esc",), _("Leave the edit, unfinished; close what is open")),
    FixedKey(("?",), ("?",), _("Show these keys")),
    FixedKey(("g",), ("g", "a–z"), _("Jump to another page")),
)


def keys_of(member: Member) -> dict[str, str]:
    """The member's keys by action; an action without a choice has its default, or where that is taken a free letter."""
    chosen: Any = (member.preferences or {}).get("desk_keys")
    if not isinstance(chosen, dict):
        return dict(DEFAULTS)
    keys = {action: chosen[action] for action in DEFAULTS if action in chosen}
    for action, default in DEFAULTS.items():
        taken = set(keys.values())
        free = default if default not in taken else next(letter for letter in LETTERS if letter not in taken)
        keys.setdefault(action, free)
    return {action: keys[action] for action in DEFAULTS}


def are_on(member: Member) -> bool:
    """Return whether single-key shortcuts are on for this member, here and on every page."""
    return (member.preferences or {}).get("shortcuts") != "off"


def save(member: Member, *, keys: Mapping[str, str], on: bool) -> dict[str, str]:
    """Remember the member's keys.

    Raises:
        Refusal: 422 for an unknown action, a key that is no single letter, a letter taken twice, or g.
    """
    if strange := sorted(set(keys) - set(DEFAULTS)):
        raise _wrong(strange[0], f"There is no action '{strange[0]}'.")
    merged = {**keys_of(member), **{action: key.strip().lower() for action, key in keys.items()}}
    by_letter: dict[str, str] = {}
    for action, key in merged.items():
        if len(key) != 1 or not "a" <= key <= "z":
            raise _wrong(action, "Write one letter from a to z.")
        if key == "g":
            raise _wrong(action, "g begins a jump to another page; take another letter.")
        if key in by_letter:
            raise _wrong(action, f"'{key}' is taken by '{WORDS[by_letter[key]]}'.")
        by_letter[key] = action
    manage.save_preferences(member, preferences={"desk_keys": merged, "shortcuts": "on" if on else "off"})
    return merged


def _wrong(action: str, message: str) -> Refusal:
    return Refusal("invalid_keys", message, errors={action: [message]})
