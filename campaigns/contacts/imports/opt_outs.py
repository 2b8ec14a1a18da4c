"""Words of other programs for who wants mails and who does not. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Collection

from review.sources.imports.cell_flags import flag_of

# Columns that mark whom nobody writes to: a yes or a moment means out.
MARKS = (
    "email opt out",
    "has opted out of email",
    "opt out",
    "optout",
    "email opted out",
    "unsubscribed from all email",
    "unsubscribed",
    "unsub time",
    "unsubscribed at",
    "unsubscribed time",
    "do not email",
    "do not allow emails",
    "do not contact",
    "blacklisted",
    "email blacklisted",
    "abgemeldet",
    "werbesperre",
    "désabonné",
    "désinscrit",
    "disiscritto",
    "uitgeschreven",
    "afgemeld",
)
# Columns of consent: a no means out.
CONSENTS = ("email marketing consent", "marketing status", "subscription status")
_STAYS_IN = frozenset(
    ("subscribed", "never subscribed", "opt in", "double opt in", "opted in", "active", "allow", "none", "null", "n/a")
)
_CONSENTED = _STAYS_IN | {"confirmed", "consented", "granted"}
# A subscription that is paid for says nothing about mails.
_OF_BILLS = frozenset(("trialing", "trial", "past due", "canceled", "cancelled", "unpaid", "incomplete", "paused"))
_MOMENT = re.compile(r"\d{1,4}[ ./]\d{1,2}[ ./]\d{1,4}(?!\d)")


def has_opted_out(cell: str, *, is_consent: bool) -> bool:
    """Read a mark, a moment or a state, as programs write it.

    Args:
        is_consent: Whether a yes consents to mails, instead of refusing them.
    """
    word = _plain(cell)
    if (flag := flag_of(word)) is not None:
        return flag is not is_consent
    # MySQL writes a moment that never was as 0000-00-00 00:00:00.
    if not word.strip("0 :./"):
        return False
    if is_consent:
        return word not in _CONSENTED and not _MOMENT.match(word)
    return word not in _STAYS_IN


def are_of_bills(cells: Collection[str]) -> bool:
    """Tell the states of paid subscriptions from those of mails."""
    words = {_plain(cell) for cell in cells}
    return bool(words & _OF_BILLS) and not any("subscribed" in word for word in words)


def _plain(cell: str) -> str:
    return " ".join(cell.casefold().replace("_", " ").replace("-", " ").split())
