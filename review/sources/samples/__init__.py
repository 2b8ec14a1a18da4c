"""Sample files to import, with where they come from. Pure Python; README.md beside this says the same for readers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file that ships with the product.

    Attributes:
        filename: Its name in this folder and when it is downloaded.
        name: What a source made of it is called.
        words: What it holds, in a few words.
        provenance: Source and licence, as they stand on data cards.
    """

    filename: str
    name: str
    rows: int
    words: str
    provenance: str

    @property
    def path(self) -> Path:
        return Path(__file__).parent / self.filename


COMPANIES = SampleFile(
    filename="sp500.csv",
    name="S&P 500 companies",
    rows=503,
    words="503 companies, public domain",
    provenance="S&P 500 companies, github.com/datasets/s-and-p-500-companies, ODC PDDL 1.0 (public domain)",
)
