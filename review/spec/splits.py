"""Split of a record: train, validation or test, drawn for its group before anyone reviews it.

Pure Python. All records of a group (a company) stand in the same split, and a group is drawn once: its records keep it.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

SPLITS: Final = ("train", "validation", "test")
# What is left of 1 by rounding alone.
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

# What a name with a legal suffix may end in, dots aside: most names are told by it without the pattern.
_LAST_WORDS = frozenset("".join(parts[at:]) for s in _LEGAL if (parts := s.split()) for at in range(len(parts)))


def draw(
    seed: str, groups: Iterable[str], *, train: float, validation: float, lacking: Collection[str] = SPLITS
) -> dict[str, str]:
    """Draw lots for the sides of groups, all of them at once.

    The groups stand in the order of their HMAC-SHA256 under the seed, and sides are dealt along it at equal steps from a
    drawn start. So each side gets its share of them, rounded down or up by chance; of a single group this is a plain lot.

    Args:
        groups: Normal names of groups that stand nowhere yet.
        train: Share of groups that train, 0 to 1.
        validation: Share of groups that validate; the rest tests.
        lacking: Sides without any group so far. Each that has a share gets one, the training side first where there are
            fewer groups than such sides.

    Returns:
        `train`, `validation` or `test` of each group.
    """
    lots = {group: hmac.digest(seed.encode(), group.encode(), "sha256") for group in groups}
    if not lots:
        return {}
    order = sorted(lots, key=lambda group: (lots[group], group))
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
    """A group's name so that writings of one company agree: case, blanks, punctuation and legal suffix aside."""
    text = unicodedata.normalize("NFKC", group)
    return _NO_WORD.sub(" ", without_legal_suffix(text).casefold()).strip() or text.casefold().strip()


def without_legal_suffix(name: str) -> str:
    """'Northwind Ltd.' becomes 'Northwind'; a name that is nothing but a suffix stays."""
    name = name.strip()
    last = name.replace(",", " ").rsplit(None, 1)[-1:]
    if not last or last[0].replace(".", "").lstrip("&").casefold() in _LAST_WORDS:
        return _SUFFIX.sub("", name) or name
    return name
