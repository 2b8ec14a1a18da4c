"""Template filters that write numbers, money and times on pages: one way everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.utils import formats, timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from web.language import pages

register = template.Library()
MISSING = "–"
MINUS = "−"
# What a page may hold where a number is shown: rows, JSON, or an empty text where none is known.
Number = float | Decimal | str | None


def fixed(value: float | Decimal, digits: int, *, signed: bool = False) -> str:
    """A number with so many decimals and a true minus sign; what rounds to nothing has no sign.

    Args:
        signed: Write a plus before what is above zero.
    """
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    if pages.current() != settings.LANGUAGE_CODE:
        text = ("+" if text.startswith("+") else "") + formats.number_format(
            text.lstrip("+").replace(",", ""), decimal_pos=digits, use_l10n=True, force_grouping=True
        )
    return text.lstrip("+-") if not text.strip("+-0.") else text.replace("-", MINUS)


@register.filter
def money(value: Number) -> str:
    """US dollars to the cent; under a cent with four digits, and never as nothing what is more."""
    if value is None or value == "":
        return MISSING
    amount = Decimal(str(value))
    if amount == 0:
        return "$0.00"
    if 0 < amount < Decimal("0.00005"):
        return "under $0.0001"
    size = fixed(abs(amount), 4 if abs(amount) < Decimal("0.01") else 2)
    return f"{MINUS}${size}" if amount < 0 and size.strip("0.") else f"${size}"


@register.filter
def compact(value: Number) -> SafeString | str:
    """12.4k with the exact value in the title; small numbers as they are."""
    if value is None or value == "":
        return MISSING
    number = float(value)
    if abs(number) < 10_000:
        return fixed(number, 0 if number == int(number) else 1)
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= limit:
            return format_html('<span title="{}">{}{}</span>', fixed(number, 0), fixed(number / limit, 1), unit)
    return fixed(number, 0)


@register.filter
def percent(value: Number, digits: int = 1) -> str:
    """A share between 0 and 1 as per cent."""
    return MISSING if value is None or value == "" else f"{fixed(float(value) * 100, digits)} %"


@register.filter
def points(value: Number, digits: int = 1) -> str:
    """A difference of two shares in points, signed: +0.5, −1.2."""
    return MISSING if value is None or value == "" else fixed(float(value) * 100, digits, signed=True)


@register.filter
def in_points(value: Number) -> str:
    """A difference of two shares with its unit: 2 points, 0.5 points, 1 point."""
    if value is None or value == "":
        return MISSING
    number = fixed(float(value) * 100, 1).removesuffix(".0")
    return f"{number} {'point' if number.lstrip('−-') == '1' else 'points'}"


@register.filter
def duration(value: Number) -> str:
    """Seconds as 20 ms, 8 s, 3 min 20 s, 2 h 5 min, or 7 d 3 h."""
    if value is None or value == "":
        return MISSING
    seconds = float(value)
    if 0 < seconds < 0.05:
        return f"{seconds * 1000:.{0 if seconds >= 0.001 else 1}f} ms"
    if seconds < 9.95:
        return f"{fixed(seconds, 1)} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """A time as a person says it, with the exact one on hover."""
    if value is None:
        return MISSING
    seconds = (timezone.now() - value).total_seconds()
    exact = timezone.localtime(value)
    title = exact.strftime("%Y-%m-%d %H:%M:%S %Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact.isoformat(), title, _relative(seconds, exact))


def _relative(seconds: float, exact: datetime) -> str:
    if seconds < 45:
        return _("just now")
    if seconds < 3600:
        return _("%(count)s min ago") % {"count": max(1, round(seconds / 60))}
    if seconds < 86400:
        return _("%(count)s h ago") % {"count": round(seconds / 3600)}
    if seconds < 7 * 86400:
        return _("%(count)s d ago") % {"count": round(seconds / 86400)}
    return date_format(exact, "j M Y")


@register.filter
def as_json(value: object) -> SafeString:
    """JSON that is safe inside a `<script type="application/json">` element or, quoted, in an attribute."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    for sign in "<>&'":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return mark_safe(text)  # noqa: S308


@register.filter
def get(mapping: object, key: object) -> Any:
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def pairs(mapping: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Keys and values of a mapping whose keys people choose: `.items` in a template finds a key of that name first."""
    return list((mapping or {}).items())
