"""A linear model of replies: how far words, neighbouring words and groups of letters speak for each class. Pure Python.

A folder holds `sorter.json` and `sorter.bin`: for each bucket of features one signed byte a class.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field

from campaigns.replies.sorting import ReceivedReply
from campaigns.states import ReplyClass
from web.errors import Refusal

NAME: Final = "Reply sorter"
HEADER: Final = "sorter.json"
WEIGHTS: Final = "sorter.bin"
# Most of what matters stands in the beginning.
READ_CHARACTERS: Final = 2000
LETTERS: Final = (3, 4, 5)
_WORD: Final = re.compile(r"\w+|[^\w\s]")


class HeldOut(BaseModel):
    """Figures on replies by another hand, sorted as the product does: the rules first.

    Attributes:
        seconds: Time of one reply on one core.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    replies: int = Field(ge=1)
    right: int = Field(ge=0)
    seconds: float = Field(gt=0, allow_inf_nan=False)


class Header(BaseModel):
    """`sorter.json`.

    Attributes:
        scale: Score that one unit of a byte stands for, temperature included.
        held_out: None where it was not measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    labels: tuple[str, ...]
    buckets: int = Field(ge=1, le=1 << 22)
    scale: float = Field(gt=0, allow_inf_nan=False)
    held_out: HeldOut | None = None


class WordSorter:
    """A linear model, read from a folder."""

    def __init__(self, header: Header, weights: bytes) -> None:
        self.header = header
        self._weights = memoryview(weights).cast("b")

    def ask(self, replies: Sequence[ReceivedReply]) -> list[Mapping[str, float]]:
        return [self._probabilities(each.read) for each in replies]

    def _probabilities(self, text: str) -> Mapping[str, float]:
        labels, places = self.header.labels, buckets(text, self.header.buckets)
        width = len(labels)
        rows = [self._weights[at * width : (at + 1) * width] for at in places]
        factor = self.header.scale / math.sqrt(len(places))
        scores = [factor * sum(column) for column in zip(*rows, strict=True)]
        shares = [math.exp(score - max(scores)) for score in scores]
        return {label: share / sum(shares) for label, share in zip(labels, shares, strict=True)}


def header(folder: Path) -> Header:
    """Read what a sorter's folder tells about it.

    Raises:
        Refusal: `no_sorter`; no header that can be read lies there.
    """
    try:
        return Header.model_validate_json((folder / HEADER).read_bytes())
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from None


def load(folder: Path) -> WordSorter:
    """Read a sorter.

    Raises:
        Refusal: `no_sorter`; nothing that can be read lies there, or it has other labels.
    """
    about = header(folder)
    try:
        weights = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise _unreadable(folder, error) from None
    if sorted(about.labels) != sorted(ReplyClass.values):
        raise Refusal("no_sorter", f"The sorter in {folder} does not know the nine classes of replies.")
    if len(weights) != about.buckets * len(about.labels):
        raise Refusal("no_sorter", f"The weights in {folder} are not as long as {HEADER} tells.")
    return WordSorter(about, weights)


def _unreadable(folder: Path, error: Exception) -> Refusal:
    return Refusal("no_sorter", f"No sorter of replies can be read from {folder}: {error}.")


def buckets(text: str, count: int) -> list[int]:
    """Numbers of the buckets that a text's features fall into, each once, ascending."""
    return sorted({crc32(each.encode(errors="replace")) % count for each in _features(text[:READ_CHARACTERS])})


def _features(text: str) -> Iterator[str]:
    """Words, two and three neighbours, and groups of letters within words; case and digits of numbers do not count."""
    words = ["^", *("0" if word.isdigit() else word for word in _WORD.findall(text.lower())), "$"]
    for at, word in enumerate(words):
        yield f"w{word}"
        yield f"b{' '.join(words[at : at + 2])}"
        yield f"t{' '.join(words[at : at + 3])}"
        edged = f"<{word}>"
        for length in LETTERS:
            for start in range(len(edged) - length + 1):
                yield f"c{edged[start : start + length]}"
