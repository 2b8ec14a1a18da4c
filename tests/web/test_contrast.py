"""WCAG 2.2 AA contrast of the token pairs that pages use, in both themes, computed from the stylesheet itself."""

from __future__ import annotations

import math
import re

import pytest
from django.conf import settings

TOKENS = (settings.BASE_DIR / "static/css/tokens.css").read_text()
PAIR = re.compile(r"--([\w-]+): light-dark\(oklch\(([^)]*)\), oklch\(([^)]*)\)\)")

TEXT_ON = [
    *[(text, ground) for text in ("text", "muted") for ground in ("page", "surface", "sunken", "raised")],
    *[("accent-text", ground) for ground in ("page", "surface", "accent-soft", "sunken")],
    *[
        (f"{state}-text", ground)
        for state in ("good", "look", "failed")
        for ground in ("surface", "page", f"{state}-soft")
    ],
    *[("text", f"{soft}-soft") for soft in ("good", "look", "failed", "accent")],
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    *[(f"series-{n}", "surface") for n in range(1, 7)],
]
SHAPE_ON = [
    *[("control-line", ground) for ground in ("page", "surface")],
    *[("focus", ground) for ground in ("page", "surface", "sunken")],
    ("accent", "sunken"),
    ("accent", "surface"),
]


def _luminance(oklch: str) -> float:
    lightness, chroma, hue = (float(part.rstrip("%")) for part in oklch.split("/")[0].split())
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    lightness /= 100
    # Björn Ottosson's OKLab to linear sRGB.
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _colours(theme: int) -> dict[str, str]:
    return {found[0]: found[theme] for found in PAIR.findall(TOKENS)}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("theme", [1, 2], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_stands_out_by_four_and_a_half(theme, text, ground):
    colours = _colours(theme)

    assert _contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", [1, 2], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_ON)
def test_what_is_no_text_but_must_be_seen_stands_out_by_three(theme, shape, ground):
    colours = _colours(theme)

    assert _contrast(colours[shape], colours[ground]) >= 3


def test_black_on_white_is_twenty_one():
    assert round(_contrast("0% 0 0", "100% 0 0"), 1) == 21.0
