"""Encoding of a file, and the line where decoding fails. Knows bytes and lines; nothing of tables.

A byte order mark or valid UTF-8 settles it. Else it is told by the letters: text of Europe's Latin alphabets by which
language's letters explain it (charset-normalizer takes those codecs for one another), any other script by
charset-normalizer.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings

from review.sources.imports.tables.chats import require_no_chat
from web.errors import Refusal

_HEAD_BYTES = 4096
_SAMPLE_BYTES = 64 * 1024
_COMPRESSED = "a compressed file"
_BINARY = {
    **dict.fromkeys((b"\x1f\x8b", b"BZh91AY&SY", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd"), _COMPRESSED),
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls), or a workbook with a password",
    b"SQLite format 3\x00": "an SQLite database",
    b"FEA1": "a Feather file of the first version",
}
# What programs export under the name of a spreadsheet and is none: read as lines, it would be a table of tags.
_MARKUP = re.compile(
    rb"\s*<(?:(?P<xml>\?xml)|!doctype\s+html|(?:html|head|body|meta|style|div|table)\b)[^<]*>", re.IGNORECASE
)
# A list of objects in YAML, below a comment, a mark or keys; read as lines, it would be a table of one column.
_YAML = re.compile(
    rb"(?:[ \t\r]*(?:(?:#|---)[^\n]*)?\n)*(?:\w[^\n:]*:[^\n]*\n(?:[ \t\r]*\n)*)*"
    rb"[ ]*- \w[\w -]*:[^\n]*\n[ ]{2,}\w[\w -]*:"
)
# Texts of other programs, by how they begin; read as lines, each would be a table of one column.
_OTHER_TEXTS = {
    "a mail or a mailbox": re.compile(
        rb"(?i)(?:From \S+ [^\n]*\d\d:\d\d:\d\d|(?:Return-Path|Received|Delivered-To|Message-ID|MIME-Version|"
        rb"X-[\w-]+): |From:[^\n]*@)[^\n]*\n(?:[ \t][^\n]*\n)*[\w-]+: "
    ),
    "a file of subtitles": re.compile(rb"WEBVTT\b|\d+\r?\n\d\d:\d\d:\d\d[,.]\d{3} --> "),
    "a file of translations": re.compile(rb'(?:#[^\n]*\n|\s)*msgid "'),
    "an SQL dump of a database": re.compile(
        rb"(?i)\s*(?:(?:--|/\*|\\|SET|PRAGMA|BEGIN|DROP|USE|SELECT pg_catalog)[^\n]*\n\s*)+"
        rb"(?:CREATE (?:DATABASE|SCHEMA|TABLE)|INSERT INTO) "
    ),
    "an address book or a calendar": re.compile(rb"BEGIN:V(?:CARD|CALENDAR)\r?\n"),
}
_YAML_LINE = re.compile(rb"\s*|#.*|---.*|\.\.\.|- .*|[ ]+.*|[\w\"'\x80-\xff][^:]*:.*", re.DOTALL)
# Codec to what people call it, as the picker lists them.
ENCODINGS: Final[dict[str, str]] = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little endian",
    "utf-16-be": "UTF-16, big endian",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Russian)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp932": "Shift JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "Korean (EUC-KR, CP949)",
    "iso8859_15": "Latin-9 (Western Europe)",
    "mac_roman": "Mac Roman",
    "cp850": "DOS 850 (Western Europe)",
    "iso8859_2": "Latin-2 (Central Europe)",
    "cp852": "DOS 852 (Central Europe)",
    "cp866": "DOS 866 (Cyrillic)",
    "cp874": "Windows-874 (Thai)",
}
# Codecs that would keep their byte order mark as the first letter.
_MARKS: Final = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
_CENTRAL: Final = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîșțşţ")
# What a European text holds beside ASCII, by the codecs that its language is written in, the likelier first.
_LATIN: Final[dict[str, tuple[str, ...]]] = {
    "cp1252": (
        "äöüß", "àâçéèêëîïôùûüÿœæ", "áéíóúüñ¿¡ºª", "àèéìíòóù", "àáâãçéêíóôõúüº", "åäöéü", "æøåéö", "áéëèïíóöúü",
        "áéíóúýþæöð",
    ),
    "cp1250": _CENTRAL,
    "cp1254": ("çğıİöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"),
    "mac_roman": ("äöüß", "àâçéèêëîïôùûüÿœæ", "áéíóúüñ¿¡ºª", "åäöæøé"),
    "cp850": ("äöüß", "àâçéèêëîïôùûüÿœæ", "áéíóúüñ¿¡ºª", "åäöæøé"),
    "iso8859_2": _CENTRAL,
    "cp852": _CENTRAL,
}  # fmt: skip
_QUOTES = frozenset("–—‘’‚“”„‹›«»…•·°\u00a0\u202f")  # noqa: RUF001 (these are meant)
_SIGNS = frozenset("€£¥§©®™†‡±²³½¼¾×")
# The share of a text beyond ASCII that one language explains; the wrong codec rarely comes near it.
_EXPLAINED = 0.9


class Encoding(NamedTuple):
    """The codec that reads a file, and whether it was told by the letters alone."""

    codec: str
    is_guess: bool = False


def max_bytes() -> int:
    """Return the size of the largest file that is taken in (`MAX_UPLOAD_MIB`)."""
    return int(settings.MAX_UPLOAD_MIB * 2**20)


def too_large() -> Refusal:
    """Return the refusal of a file beyond the limit."""
    message = f"The file is larger than {settings.MAX_UPLOAD_MIB:g} MiB."
    hint = "Split it and import the parts, or ask the administrator of this site to raise MAX_UPLOAD_MIB."
    return Refusal("file_too_large", message, hint=hint, status=413)


def encoding_of(path: Path, *, chosen: str = "") -> Encoding:
    """Find the codec that reads the file.

    A byte order mark decides, then UTF-8 where it fits (or UTF-16 that shows by its zero bytes), then the letters. What
    was chosen is taken at its word, without a mark of its own.

    Args:
        chosen: A codec of `ENCODINGS`.

    Raises:
        Refusal: `file_not_text`, `encoding_unknown`, or `file_encoding` with the line
            that the codec cannot read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for sign, what in _BINARY.items():
        if head.startswith(sign):
            hint = (
                "Unpack it, and send the file inside."
                if what == _COMPRESSED
                else "Save it as .xlsx or CSV, and send that."
            )
            raise Refusal("file_not_text", f"This is {what}, which is not supported.", hint=hint)
    if markup := _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        what = "an XML file" if markup["xml"] else "a web page"
        hint = "Open it in a spreadsheet program, save it as .xlsx or CSV, and send that."
        raise Refusal("file_not_text", f"This is {what}, which is not supported.", hint=hint)
    if chosen and chosen not in ENCODINGS:
        message = f"'{chosen[:40]}' is not a supported encoding; choose one of {', '.join(ENCODINGS)}."
        raise Refusal("encoding_unknown", message, errors={"encoding": [message]})
    if head.startswith(_MARKS.get(chosen, ())):
        return _checked(path, "utf-16")
    if codec := chosen or _marked(head):
        return _checked(path, codec)
    return _utf8_or_guess(path)


def require_table(path: Path) -> None:
    """Refuse texts that are no table: mails, subtitles, and lists of objects in YAML.

    A text may hold such a list, below its front matter or among its words.

    Raises:
        Refusal: `file_not_text`.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).removeprefix(codecs.BOM_UTF8)
    require_no_chat(head.decode("utf-8", "replace"))
    hint = "Save what it holds as CSV or .xlsx, or as .txt files in a zip archive, and send that."
    what = next((what for what, begins in _OTHER_TEXTS.items() if begins.match(head)), "")
    # The last line may be cut.
    if _YAML.match(head) and all(map(_YAML_LINE.fullmatch, head.split(b"\n")[:-1])):
        what, hint = "YAML", "Turn it into JSON, as the command `yq -o json` does, and send that."
    if what:
        raise Refusal("file_not_text", f"This is {what}, which is not supported.", hint=hint)


def guessed(sample: bytes) -> str:
    """Return the codec that most likely wrote a text which is no Unicode: letters of a language first, then scripts."""
    best, share = max(((codec, _explained(sample, codec)) for codec in _LATIN), key=lambda pair: pair[1])
    if share >= _EXPLAINED:
        return best
    # Slow to load, and few files come so far.
    from charset_normalizer import from_bytes

    scripts = [codec for codec in ENCODINGS if not codec.startswith("utf")]
    match = from_bytes(sample, cp_isolation=scripts).best()
    return match.encoding if match is not None and match.encoding in ENCODINGS else best


def _explained(sample: bytes, codec: str) -> float:
    """The share of a text's signs beyond ASCII that are of the language of their line, among those of a codec."""
    explained = total = 0
    for line in sample.decode(codec, "replace").splitlines():
        beyond = [triple for triple in zip(" " + line, line, line[1:] + " ", strict=False) if not triple[1].isascii()]
        explained += max(sum(_belongs(*triple, letters) for triple in beyond) for letters in _LATIN[codec])
        total += len(beyond)
    return explained / total if total else 0.0


def _belongs(before: str, sign: str, after: str, letters: str) -> bool:
    """Return whether a sign fits a language: a letter of its alphabet, or a mark in a place for one."""
    if sign in letters or sign.lower() in letters:
        return not (sign.isupper() and before.islower())
    return sign in _QUOTES or (sign in _SIGNS and not after.isalpha())


def _marked(head: bytes) -> str:
    """The codec that a byte order mark or the zero bytes of ASCII in UTF-16 show."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > len(head) // 4 else ""


def _checked(path: Path, codec: str) -> Encoding:
    number = 0
    try:
        with path.open(encoding=codec) as file:
            for number, line in enumerate(file, 1):
                if "\x00" in line:
                    raise _zero_byte(number)
    except UnicodeError as error:
        # A codec reads ahead in blocks, so the line is found again.
        at = _breaks_at(path, codec) or number + 1
        message = f"Line {at:,} cannot be read as {ENCODINGS[codec]} ({_why(error)})."
        hint = "Choose another encoding, or save the file as UTF-8."
        raise Refusal("file_encoding", message, hint=hint, errors={f"line {at}": [f"not {codec}"]}) from None
    return Encoding(codec)


def _why(error: UnicodeError) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return str(error)
    return f"byte 0x{error.object[error.start]:02X}: {error.reason}"


def _breaks_at(path: Path, codec: str) -> int:
    if codec.startswith("utf-16") or codec.startswith("utf-32"):
        return 0
    for number, line in _lines(path):
        try:
            line.decode(codec)
        except UnicodeError:
            return number
    return 0


def _utf8_or_guess(path: Path) -> Encoding:
    broken = as_utf8 = 0
    first: tuple[int, bytes, int] | None = None
    sample = bytearray()
    for number, line in _lines(path):
        if b"\x00" in line:
            raise _zero_byte(number)
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            as_utf8 += 1
        except UnicodeDecodeError as error:
            broken += 1
            first = first or (number, line, error.start)
        if len(sample) < _SAMPLE_BYTES:
            sample += line
    if first is None:
        return Encoding("utf-8-sig")
    if as_utf8 >= broken:
        # Text of another encoding is hardly ever UTF-8 by chance: these are two encodings in one file.
        raise _mis_encoded(*first)
    return Encoding(_checked(path, guessed(bytes(sample))).codec, is_guess=True)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, 1)


def _zero_byte(number: int) -> Refusal:
    hint = "Is it cut or damaged? Export it again, as CSV in UTF-8."
    return Refusal("file_not_text", f"Line {number} holds a zero byte, so it is not a text file.", hint=hint)


def _mis_encoded(number: int, line: bytes, place: int) -> Refusal:
    byte = line[place : place + 1]
    around = line[max(0, place - 12) : place + 12].decode("cp1252", "replace").strip()
    message = (
        f"Line {number} is not UTF-8 as other lines are: byte 0x{byte.hex().upper()}, in Windows-1252 (as Excel saves "
        f"it) '{byte.decode('cp1252', 'replace')}', in “{around}”."
    )
    hint = "Two encodings are mixed in this file: correct the line, or choose one encoding for all of it."
    return Refusal("file_encoding", message, hint=hint, errors={f"line {number}": ["not UTF-8"]})
