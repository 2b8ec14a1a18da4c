"""Where a record stands: train, validation or test, decided by its group before anyone reviews it.

Pure Python. All records of a group (a company) stand in the same split; who knows the task's seed can recompute it.
"""

from __future__ import annotations

import hmac
import re
import unicodedata

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


def split_of(seed: str, group: str, train_fraction: float, validation_fraction: float) -> str:
    """The split of a group: HMAC-SHA256 of it under the task's seed, against cumulative fractions.

    Args:
        seed: The task's secret seed.
        group: The group as written; it is normalised here.
        train_fraction: Share of groups that train, 0 to 1.
        validation_fraction: Share of groups that validate; the rest tests.

    Returns:
        `train`, `validation` or `test`.
    """
    digest = hmac.digest(seed.encode(), normal_group(group).encode(), "sha256")
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < train_fraction:
        return "train"
    return "validation" if place < train_fraction + validation_fraction else "test"


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
