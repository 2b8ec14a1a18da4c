"""Which encoding a file has, and where it breaks. Knows bytes and lines; nothing of tables."""

from __future__ import annotations

import codecs
from pathlib import Path

from django.conf import settings

from web.errors import Refusal

_HEAD_BYTES = 4096
_BINARY = {
    b"PK\x03\x04": "an Excel or zip file",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
}


def max_bytes() -> int:
    """Return the size of the largest file that is taken in (`MAX_UPLOAD_MIB`)."""
    return int(settings.MAX_UPLOAD_MIB * 2**20)


def too_large() -> Refusal:
    """Return the refusal of a file beyond the limit."""
    message = f"The file is larger than {settings.MAX_UPLOAD_MIB:g} MiB."
    hint = "Split it and import the parts, or ask whoever runs this site to raise MAX_UPLOAD_MIB."
    return Refusal("file_too_large", message, hint=hint, status=413)


def encoding_of(path: Path) -> str:
    """Name of the codec that reads the file.

    A byte order mark decides; without one the file must be UTF-8 (or UTF-16 that shows by its zero bytes).

    Raises:
        Refusal: `file_empty`, `file_too_large` (413), `file_not_text`, or `file_encoding` with the line where UTF-8
            breaks and what the byte would be in Windows-1252.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refusal("file_empty", "The file is empty.", hint="Send a file with a header row and at least one row.")
    if size > max_bytes():
        raise too_large()
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for sign, what in _BINARY.items():
        if head.startswith(sign):
            raise Refusal(
                "file_not_text", f"This is {what}, not CSV or JSONL.", hint="Save it as CSV, UTF-8, and send that."
            )
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked_utf16(path, "utf-16")
    if head[1::2].count(0) > len(head) // 4:
        return _checked_utf16(path, "utf-16-le")
    if head[0::2].count(0) > len(head) // 4:
        return _checked_utf16(path, "utf-16-be")
    _check_utf8(path)
    return "utf-8-sig"


def _checked_utf16(path: Path, codec: str) -> str:
    try:
        with path.open(encoding=codec) as file:
            for number, line in enumerate(file, 1):
                if "\x00" in line:
                    raise Refusal("file_not_text", f"Line {number} holds a zero byte: this is no text file.")
    except UnicodeError as error:
        message = f"The file looks like UTF-16 but breaks off ({error})."
        raise Refusal("file_encoding", message, hint="Save it as UTF-8.") from None
    return codec


def _check_utf8(path: Path) -> None:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _mis_encoded(number, line, error.start) from None
            if b"\x00" in line:
                raise Refusal("file_not_text", f"Line {number} holds a zero byte: this is no text file.")


def _mis_encoded(number: int, line: bytes, place: int) -> Refusal:
    byte = line[place : place + 1]
    around = line[max(0, place - 12) : place + 12].decode("cp1252", "replace").strip()
    message = (
        f"Line {number} is not UTF-8: byte 0x{byte.hex().upper()}, in Windows-1252 (as Excel saves it) "
        f"'{byte.decode('cp1252', 'replace')}', in “{around}”."
    )
    hint = "Save the file as 'CSV UTF-8' and import it again."
    return Refusal("file_encoding", message, hint=hint, errors={f"line {number}": ["not UTF-8"]})
