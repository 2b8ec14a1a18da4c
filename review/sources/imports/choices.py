"""Choices of an importer about a file, beside its columns. Pure Python."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TypedDict

from web.errors import Refusal


class FileChoices(TypedDict):
    """Tell what `open_table` takes of an importer's choices."""

    encoding: str
    sheet: str
    delimiter: str
    header: int | None


@dataclass(frozen=True)
class ImportChoices:
    """Choices on how to read a file; empty ones are detected from its contents.

    Attributes:
        encoding: A codec of `text_encoding.ENCODINGS`.
        sheet: A sheet of a workbook, or a path in JSON under which rows stand.
        header: Number of the row that names the columns of a CSV or a sheet, 0 where none does; found where it is None.
        delimiter: What parts the cells of a CSV, a name of `delimited.DELIMITERS`.
        decimal: What stands before the decimals of numbers, `.` or `,`.
        dates: Which comes first in 03/04/2026: `dmy` or `mdy`.
        train: Share of the companies whose new records train, 0 to 1; the task's own where it is None.
        validation: Share that validates; the rest tests.
        left_out: How many bad rows the importer was told would stay out; None where nobody counted them before.
    """

    encoding: str = ""
    sheet: str = ""
    delimiter: str = ""
    decimal: str = ""
    dates: str = ""
    header: int | None = None
    train: float | None = None
    validation: float | None = None
    left_out: int | None = None

    @property
    def of_file(self) -> FileChoices:
        return FileChoices(encoding=self.encoding, sheet=self.sheet, delimiter=self.delimiter, header=self.header)

    def require_shares(self) -> None:
        """Refuse shares that are none.

        Raises:
            Refusal: `shares_invalid`.
        """
        if self.train is None and self.validation is None:
            return
        if self.train is None or self.validation is None:
            problem = "Give the shares of train and of validation; the rest is the test split."
        elif min(self.train, self.validation) >= 0 and self.train + self.validation <= 1:
            return
        else:
            shares = f"{self.train:g} and {self.validation:g}"
            problem = f"Train and validation must be 0 or more, and 1 at most together; found {shares}."
        raise Refusal("shares_invalid", problem, errors={"train": [problem]})

    def on_record(self) -> dict[str, str | float]:
        """Return the choices to store on the source, so that its file can be read again in the same way."""
        kept = asdict(self)
        kept.pop("left_out")
        return {name: value for name, value in kept.items() if value not in ("", None)}


AS_FOUND = ImportChoices()
