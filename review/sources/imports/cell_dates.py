"""Days as people and spreadsheets write them. Pure Python."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from review.text.reading.dates import dates_in

_FORMS = (
    *("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%b %d %Y"),
    *("%d-%b-%Y", "%d/%b/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"),
)
_ORDERS = {"dmy": ("%d/%m/%Y", "%d-%m-%Y"), "mdy": ("%m/%d/%Y", "%m-%d-%Y")}
# In the languages that months are named in; two letters are enough in German and Dutch.
_WEEKDAY = re.compile(
    r"(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|dim|mié|jue|vie|sáb|gio|sab|ma|wo|vr|za|zo)"
    r"[^\W\d]{0,7}\.?,? (?=\w)",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(?<=\d)[-/](?=[^\W\d])|(?<=[^\W\d])[-/](?=\d)")
# A date as spreadsheets and programs write it with its time, and the zone that it is of.
_TIMED = re.compile(
    r"(.{8,20}?),? \d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:[A-Z]{1,5})?(?:[+-]\d{1,2}(?::?\d{2})?)?(?: \([\w ]+\))?)?"
)
# No longer text is a date, with weekday, time and zone.
_MOST_CHARS = 100
# What spreadsheets count days from, and how they write them uncounted: days of 1954 to 2173.
_FIRST_DAY = date(1899, 12, 30)
_DAY_NUMBER = re.compile(r"[2-9]\d{4}(?:\.\d+)?")


def day_of_number(text: str) -> date | None:
    """Return the day that a spreadsheet keeps as this number; None where it is no such number."""
    return _FIRST_DAY + timedelta(days=int(float(text))) if _DAY_NUMBER.fullmatch(text) else None


def day_of(text: str, order: str) -> date | None:
    """Read a day, with its time or without; None where the text is none.

    Args:
        order: Which comes first in 03/04/2026, `dmy` or `mdy`; empty where such a date is not taken.
    """
    if len(text) > _MOST_CHARS:
        return None
    try:
        return datetime.fromisoformat(text).date() if len(text) > 10 else date.fromisoformat(text)
    except ValueError:
        pass
    for form in (*_FORMS, *_ORDERS.get(order, ())):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    if day := _day_of_named_month(text):
        return day
    if match := _WEEKDAY.match(text):
        return day_of(text[match.end() :], order)
    match = _TIMED.fullmatch(text)
    return day_of(match[1], order) if match else None


def _day_of_named_month(text: str) -> date | None:
    """Read a date such as `3. November 2026` or `3 de noviembre de 2026`, if it is the whole text."""
    parted = _JOINED.sub(" ", text)
    for found in dates_in(parted) if re.search(r"[^\W\d_]", text) else ():
        if (found.start, found.end) == (0, len(parted)) and found.year and len(found.days) == 1:
            [(month, day)] = found.days
            try:
                return date(int(found.year), month, day)
            except ValueError:
                return None
    return None
