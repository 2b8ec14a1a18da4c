"""Split of a record: train, validation or test, drawn for its group before any review.

Pure Python. All records of a group (a company) share a split, which is drawn once and never changes.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

SPLITS: Final = ("train", "validation", "test")
# A remainder of 1 no larger than rounding error.
_NO_SHARE: Final = 1e-9
_LEGAL = (
    "inc",
    "incorporated",
    "llc",
    "l l c",
    "llp",
    "lp",
    "ltd",
    "limited",
    "plc",
    "corp",
    "corporation",
    "co",
    "company",
    "gmbh",
    "mbh",
    "gmbh co kg",
    "ag",
    "kg",
    "ohg",
    "se",
    "ug",
    "ev",
    "e v",
    "sa",
    "s a",
    "sas",
    "sarl",
    "s a r l",
    "srl",
    "s r l",
    "spa",
    "s p a",
    "bv",
    "b v",
    "nv",
    "n v",
    "ab",
    "as",
    "a s",
    "a/s",
    "asa",
    "aps",
    "oy",
    "oyj",
    "sl",
    "s l",
    "lda",
    "sp z o o",
    "zrt",
    "kft",
    "pty",
    "pty ltd",
    "pte",
    "pte ltd",
    "pvt ltd",
    "kk",
    "k k",
    "co ltd",
    "sia",
    "uab",
    "doo",
    "d o o",
    "sro",
    "s r o",
)
_SUFFIX = re.compile(
    r"(?:[\s,]+(?:&\s*)?(?:"
    + "|".join(r"\.?\s?".join(map(re.escape, s.split())) for s in sorted(_LEGAL, key=len, reverse=True))
    + r")\.?)+\s*$",
    re.IGNORECASE,
)

_NO_WORD = re.compile(r"[\W_]+")

# Last words of legal suffixes, without dots: they rule out most names before the pattern is tried.
_LAST_WORDS = frozenset("".join(parts[at:]) for s in _LEGAL if (parts := s.split()) for at in range(len(parts)))


def draw(
    seed: str, groups: Iterable[str], *, train: float, validation: float, lacking: Collection[str] = SPLITS
) -> dict[str, str]:
    """Draw the splits of new groups, all at once.

    Groups are sorted by their HMAC-SHA256 under the seed, and splits are dealt along them at equal steps from a drawn
    start. So each split gets its share, rounded down or up by chance; a single group is a plain lottery.

    Args:
        groups: Normal names of groups without a split.
        train: Share of groups for training, 0 to 1.
        validation: Share of groups for validation; the rest is for tests.
        lacking: Splits without any group so far. Each with a positive share gets one, training first where groups are
            few.

    Returns:
        `train`, `validation` or `test` by group.
    """
    lots = {group: hmac.digest(seed.encode(), group.encode(), "sha256") for group in groups}
    if not lots:
        return {}
    order = sorted(sorted(lots), key=lots.__getitem__)
    start = int.from_bytes(lots[order[0]][8:16]) / 2**64
    sides = [_side_at((place + start) / len(order), train, validation) for place in range(len(order))]
    shares = dict(zip(SPLITS, (train, validation, 1 - train - validation), strict=True))
    empty = [split for split in SPLITS if split in lacking and shares[split] > _NO_SHARE]
    if len(order) <= len(empty):
        return dict(zip(order, empty, strict=False))
    for split in empty:
        if split not in sides:
            counts = Counter(sides)
            largest = max(counts, key=lambda side: (counts[side], side not in empty, side))
            sides[sides.index(largest)] = split
    return dict(zip(order, sides, strict=True))


def _side_at(place: float, train: float, validation: float) -> str:
    if place < train:
        return "train"
    return "validation" if place < train + validation else "test"


def normal_group(group: str) -> str:
    """Normalise a group's name, so that spellings of one company agree.

    Ignores case, blanks, punctuation and legal suffix, also one in brackets or behind a hyphen. A normal name stays.
    """
    text = unicodedata.normalize("NFKC", group)
    words = _NO_WORD.sub(" ", without_legal_suffix(text).casefold()).strip()
    return without_legal_suffix(words) or text.casefold().strip()


def without_legal_suffix(name: str) -> str:
    """Turn 'Northwind Ltd.' into 'Northwind'; a name that is only a suffix stays."""
    name = name.strip()
    last = name.replace(",", " ").rsplit(None, 1)[-1:]
    if not last or last[0].replace(".", "").lstrip("&").casefold() in _LAST_WORDS:
        return _SUFFIX.sub("", name) or name
    return name
