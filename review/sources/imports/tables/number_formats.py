"""Texts that a workbook's cells show by their number formats: leading zeros, percent, currency. Pure Python.

Part of `convert_worker`, and read in its process alone: it knows nothing of the project.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# Formats that a workbook names by number alone, and that show more than the number does.
BUILT_IN = {
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "m/d/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yyyy h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    48: "##0.0E+0",
    49: "@",
}
_PLAIN = frozenset({"", "general", "@", "0", "#", "standard"})
# `[$€-407]` shows its sign; colours, conditions and locales show nothing.
_BRACKETS = r"\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]"
_LITERAL = re.compile(rf"\"([^\"]*)\"|\\(.)|_(.)|\*.|{_BRACKETS}")
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*)?")
# What is no digit and stands for itself without quotes.
_OPEN_LITERALS = frozenset(" -+/():$€£¥%~'^&{}<>=,.")
_MARK = "\ue000"


def is_plain(code: str) -> bool:
    """Tell whether a format shows a number as it is."""
    return code.strip().lower() in _PLAIN


def is_date(code: str) -> bool:
    """Tell whether a format shows a day or a time."""
    section = code.split(";")[0]
    bare = _LITERAL.sub(lambda match: match[0] if _ELAPSED.fullmatch(match[0]) else "", section)
    return not is_plain(bare) and bool(re.search(r"[ymdhs]", bare, re.IGNORECASE))


def shown(value: float, code: str) -> str | None:
    """Return the text that a format shows for a number; None where it shows fewer digits, or is not read here.

    The point and the comma of the format stay, whatever the reader's country: `1,200.50`.
    """
    sections = code.split(";")
    if any("[<" in part or "[>" in part or "[=" in part for part in sections):
        return None
    is_own = value < 0 and len(sections) > 1
    section = sections[1] if is_own else sections[2] if value == 0 and len(sections) > 2 else sections[0]
    return _shown(abs(value), section, "-" if value < 0 and not is_own else "")


def _shown(value: float, section: str, sign: str) -> str | None:
    literals: list[str] = []

    def keep(text: str) -> str:
        literals.append(text)
        return _MARK

    section = _LITERAL.sub(lambda match: keep(match[1] or match[2] or match[4] or (" " if match[3] else "")), section)
    if section.strip().lower() in _PLAIN:
        return None
    runs = list(_DIGITS.finditer(section))
    if not runs or re.search(r"[eE][+-]|\?/|\d/", section) or any(run.group().endswith(",") for run in runs):
        return None
    outside = _DIGITS.sub("", section).replace(_MARK, "")
    if any(char not in _OPEN_LITERALS for char in outside):
        return None
    percent = section.count("%")
    pattern, start, end = "".join(run.group() for run in runs), runs[0].start(), runs[-1].end()
    # A spreadsheet keeps fifteen digits.
    digits = _digits(Decimal(f"{value:.15g}") * 100**percent, pattern)
    if digits is None:
        return None
    text = _laid_out(digits, section, runs) if len(runs) > 1 else section[:start] + digits + section[end:]
    for literal in literals:
        text = text.replace(_MARK, literal, 1)
    return sign + " ".join(text.split())


def _digits(value: Decimal, pattern: str) -> str | None:
    whole, _, part = pattern.partition(".")
    least = len(part) - len(part.lstrip("0")) if part else 0
    try:
        rounded = value.quantize(Decimal(1).scaleb(-len(part)), ROUND_HALF_UP)
    except InvalidOperation:
        # It has more digits than decimals are worked out to.
        return None
    if rounded != value:
        return None
    written, _, fraction = f"{rounded:f}".partition(".")
    while len(fraction) > least and fraction.endswith("0"):
        fraction = fraction[:-1]
    zeros = whole.replace(",", "").count("0")
    written = ("" if written == "0" and not zeros else written).rjust(zeros, "0")
    if "," in whole:
        written = f"{int(written or 0):,}"
    return f"{written}.{fraction}" if fraction else written


def _laid_out(digits: str, section: str, runs: list[re.Match[str]]) -> str:
    """Lay digits into several runs from the right, as `000-00-0000` does; the first takes what is left."""
    text = section[runs[-1].end() :]
    for place in range(len(runs) - 1, -1, -1):
        size = len(runs[place].group()) if place else len(digits)
        cut = max(0, len(digits) - size)
        between = section[runs[place - 1].end() : runs[place].start()] if place else section[: runs[0].start()]
        text, digits = between + digits[cut:] + text, digits[:cut]
    return text
