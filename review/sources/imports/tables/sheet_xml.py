"""Tell what a workbook's XML says of a sheet beside its values: errors, long numbers, number formats, merged cells.

Part of `convert_worker`, and read in its process alone: it knows nothing of the project.
"""

from __future__ import annotations

import importlib
import re
import sys
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from review.sources.imports.tables import number_formats
else:
    sys.path.append(str(Path(__file__).parent))
    number_formats = importlib.import_module("number_formats")

DOCTYPE_BYTES = 64 * 1024
_MANY_DIGITS = re.compile(r"-?\d{16,}")
# The second is of workbooks in the strict form of ISO 29500.
_RELATIONS = tuple(
    f"{{http://{each}/relationships}}id"
    for each in ("schemas.openxmlformats.org/officeDocument/2006", "purl.oclc.org/ooxml/officeDocument")
)
_PLACE = re.compile(r"([A-Z]+)(\d+)")
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


class Refused(Exception):  # noqa: N818 (it is an answer, not a fault)
    """Why the file is not read: a code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Written:
    """Tell what the reader of values does not give as it stands in the sheet.

    Attributes:
        missing: By row and column, cells that the reader gives as empty and that are not: an error, or a formula that
            nobody calculated.
        exact: By name, whole numbers of more digits than a float has.
        formats: By column, the rows from which a number format holds, and the formats.
        merged: By first row, cells merged over rows: column from 0, last row, range.
        across: By range merged over columns, its first row.
        hidden: Numbers of the rows that the sheet does not show, as under a filter.
    """

    missing: dict[int, dict[str, str]] = field(default_factory=dict)
    exact: dict[str, Decimal] = field(default_factory=dict)
    formats: dict[str, tuple[list[int], list[str]]] = field(default_factory=dict)
    merged: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)
    across: dict[str, int] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)

    def format_of(self, column: str, row: int) -> str:
        """Return the format of a filled cell; empty where it shows the value as it is."""
        rows, codes = self.formats.get(column, ([], []))
        at = bisect_right(rows, row)
        return codes[at - 1] if at else ""


def read(path: Path, sheet: str) -> Written:
    """Read the XML of one sheet.

    Raises:
        Refused: It declares entities of its own.
    """
    written = Written()
    with zipfile.ZipFile(path) as archive:
        part, formats = _parts_of(archive, sheet)
        if not part:
            return written
        with archive.open(part) as file:
            _require_no_doctype(file.read(DOCTYPE_BYTES))
        with archive.open(part) as file:
            for _, element in ElementTree.iterparse(file):  # noqa: S314 (no entities, and memory is bounded)
                tag = element.tag.rpartition("}")[2]
                if tag == "c":
                    _note_cell(element, written, formats)
                elif tag == "mergeCell":
                    _note_merged(element.get("ref", ""), written)
                elif tag == "row" and element.get("hidden") in ("1", "true") and element.get("r", "").isdecimal():
                    written.hidden.add(int(element.get("r", "")))
                if tag in ("c", "row"):
                    element.clear()
    if not any(code for _, codes in written.formats.values() for code in codes):
        written.formats.clear()
    return written


def _note_cell(cell: ElementTree.Element, written: Written, formats: list[str]) -> None:
    parts = {child.tag.rpartition("}")[2]: child for child in cell}
    value, problem = parts.get("v"), ""
    place = _PLACE.fullmatch(cell.get("r", ""))
    if cell.get("t") == "e":
        problem = f"holds the error {'' if value is None else (value.text or '')[:20]}"
    # A formula that gives an empty text has a value of no characters.
    elif "f" in parts and "is" not in parts and value is None:
        problem = "holds a formula whose value was not saved; open the file in a spreadsheet program and save it"
    if place is None:
        return
    if value is not None and cell.get("t", "n") == "n":
        if _MANY_DIGITS.fullmatch(value.text or ""):
            written.exact[place[0]] = Decimal(value.text or "")
        _note_format(place[1], int(place[2]), cell.get("s", "0"), written, formats)
    if problem:
        written.missing.setdefault(int(place[2]), {})[place[1]] = f"{place[0]} {problem}"


def _note_format(column: str, row: int, style: str, written: Written, formats: list[str]) -> None:
    code = formats[int(style)] if style.isdecimal() and int(style) < len(formats) else ""
    rows, codes = written.formats.setdefault(column, ([], []))
    if not codes or codes[-1] != code:
        rows.append(row)
        codes.append(code)


def _note_merged(reference: str, written: Written) -> None:
    match = _RANGE.fullmatch(reference)
    if match is None:
        return
    first, last = int(match[2]), int(match[4])
    if match[1] != match[3]:
        written.across[reference] = first
    if last > first:
        written.merged.setdefault(first, []).append((index(match[1]), last, reference))


def index(letters: str) -> int:
    """Return the place of a column from 0, by its letters."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _parts_of(archive: zipfile.ZipFile, sheet: str) -> tuple[str, list[str]]:
    """Return the name of a sheet's part, and the number formats of the workbook's styles."""
    try:
        book = _small_part(archive, "xl/workbook.xml")
        links = _small_part(archive, "xl/_rels/workbook.xml.rels")
    except KeyError:
        return "", []
    named = (each for each in book.iter() if each.get("name") == sheet)
    link = next((link for each in named for name in _RELATIONS if (link := each.get(name))), None)
    part = _target(archive, next((each for each in links if each.get("Id") == link), None))
    styles = _target(archive, next((each for each in links if each.get("Type", "").endswith("/styles")), None))
    return part, list(_formats(_small_part(archive, styles))) if styles else []


def _target(archive: zipfile.ZipFile, link: ElementTree.Element | None) -> str:
    target = "" if link is None else link.get("Target", "")
    name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return name if name in archive.namelist() else ""


def _formats(styles: ElementTree.Element) -> Iterator[str]:
    """Yield the number format of each style in order; empty where it shows the value as it is."""
    codes = dict(number_formats.BUILT_IN)
    for each in styles.iter():
        tag = each.tag.rpartition("}")[2]
        if tag == "numFmt" and each.get("numFmtId", "").isdecimal():
            codes[int(each.get("numFmtId", ""))] = each.get("formatCode", "")
        elif tag == "cellXfs":
            numbers = [int(style.get("numFmtId", "0")) for style in each]
            yield from ("" if number_formats.is_plain(code := codes.get(number, "")) else code for number in numbers)


def _small_part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    content = archive.read(name)
    _require_no_doctype(content)
    return ElementTree.fromstring(content)  # noqa: S314 (no entities, and memory is bounded)


def _require_no_doctype(content: bytes) -> None:
    """Refuse what no workbook has: entities that grow when they are read."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refused("workbook_unsafe", "The workbook declares entities of its own; it is not opened.")
