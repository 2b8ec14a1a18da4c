"""Pasted text as a file that an import reads: JSON and tables as they are, anything else as one text a row.

Of prompts that one template makes, what differs becomes columns and what all say alike the instruction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import takewhile, zip_longest
from typing import Final, NamedTuple

from review.sources.imports.logs.induction import induce
from review.sources.imports.tables.chats import require_no_chat
from review.sources.imports.tables.rows import header_names, numbered_names
from web.errors import Refusal

# How a paste can be read, with what the page calls it.
FORMS: Final[dict[str, str]] = {
    "": "– detect –",
    "table": "a table whose first line names its columns",
    "bare": "a table without names of columns",
    "lines": "one text a line",
    "blocks": "texts with an empty line between them",
}
TEXT = "text"
_DELIMITERS = "\t;|,"
# What a header's cell may be: the names of columns are short and no sentences.
_HEADER_CHARS, _HEADER_WORDS = 60, 6
# A file of one column begins with its name in small letters, as programs write it.
_ONE_NAME = re.compile(r"\"?[a-z][a-z_]{0,30}\"?")
# The line under the header of a table in Markdown: https://github.github.com/gfm/#tables-extension-.
_DRAWN = re.compile(r"\|?(?:[^\S\n]*:?-+:?[^\S\n]*\|)+(?:[^\S\n]*:?-+:?)?")
_BAR = re.compile(r"(?<!\\)\|")
_VALUE = re.compile(r"[-+]?[\d.,:/ -]*\d[\d.,:/ -]*%?|\S+@\S+|https?://\S+")
# A line of fastText: https://fasttext.cc/docs/en/supervised-tutorial.html.
_LABELLED = re.compile(r"((?:__label__\S+\s+)+)(\S.*)")
# The tag of a word in CoNLL's form: https://aclanthology.org/W03-0419/.
_TAG = re.compile(r"O|[BIESLU]-\S+")
# Fewer prompts share words by chance; more are a log.
_FEWEST_PROMPTS, _MOST_PROMPTS = 8, 2_000
# What all prompts say alike has to be a sentence, or hardly less.
_LEAST_WORDS = 3
_WORD = re.compile(r"[^\W\d_]{2,}")
MOST_WORDING_CHARS = 1_000


def as_file(text: str, form: str = "") -> bytes:
    """Return a paste as the bytes of a file with columns.

    Args:
        form: A key of `FORMS`; found out when empty.

    Raises:
        Refusal: `file_empty`, nothing was pasted.
    """
    text = _tidy(text)
    if not text.strip():
        raise Refusal("file_empty", "Nothing was pasted.", hint="Paste about twenty rows, or choose a file.")
    form = form or form_of(text)
    if form in ("json", "table"):
        return text.encode()
    if form == "bare":
        delimiter = _delimiter(text.split("\n")[0])
        names = [f"column {place}" for place in range(1, text.split("\n")[0].count(delimiter) + 2)]
        return f"{delimiter.join(names)}\n{text}".encode()
    return _lines([{TEXT: part} for part in texts_of(text, form)])


def texts_of(text: str, form: str = "") -> list[str]:
    """The texts of a paste that has no columns; none where it has."""
    text = _tidy(text)
    form = form or (form_of(text) if text.strip() else "")
    if form not in ("lines", "blocks"):
        return []
    parts = re.split(r"\n[^\S\n]*\n+", text) if form == "blocks" else text.split("\n")
    return [part.strip("\n") for part in parts if part.strip()]


class Brought(NamedTuple):
    """A paste as the bytes of a file with columns, and the instruction that its texts share, if any."""

    file: bytes
    wording: str = ""


def read(text: str, form: str = "") -> Brought:
    """Read a paste; prompts that one template makes, all of them, become its slots.

    Lines of fastText become texts with their labels, CoNLL's words with their tags sentences, and the longest table
    among fewer paragraphs in Markdown rows.

    Raises:
        Refusal: As `as_file`.
    """
    if not form:
        require_no_chat(text)
    if not form and (rows := _labelled(text) or _tagged(text) or _drawn(text)):
        return Brought(_lines(rows))
    texts = [part.strip() for part in texts_of(text, form)]
    if not _FEWEST_PROMPTS <= len(texts) <= _MOST_PROMPTS:
        return Brought(as_file(text, form))
    return _parted(texts) or Brought(as_file(text, form))


def _labelled(text: str) -> list[dict[str, object]]:
    lines = [_LABELLED.fullmatch(line.strip()) for line in texts_of(text, "lines")] if "__label__" in text[:99] else []
    if not all(lines):
        return []
    rows = [(line[2], re.findall(r"__label__(\S+)", line[1])) for line in lines if line]
    if all(len(labels) == 1 for _, labels in rows):
        return [{TEXT: part, "label": labels[0]} for part, labels in rows]
    return [{TEXT: part, "labels": labels} for part, labels in rows]


def _tagged(text: str) -> list[dict[str, object]]:
    """Return sentences of which each line holds a word, perhaps more of it, and at last its tag."""
    first = text.lstrip().partition("\n")[0].split() or [""]
    blocks = texts_of(text, "blocks") if _TAG.fullmatch(first[-1]) else []
    sentences = [[line.split() for line in block.split("\n")] for block in blocks]
    words = [word for sentence in sentences for word in sentence]
    is_tagged = all(len(word) == len(words[0]) > 1 and _TAG.fullmatch(word[-1]) for word in words)
    if not is_tagged or len({word[-1] for word in words}) < 2:
        return []
    return [
        {TEXT: " ".join(word[0] for word in sentence), "tags": [word[-1] for word in sentence]}
        for sentence in sentences
        if sentence[0][0] != "-DOCSTART-"
    ]


def _drawn(text: str) -> list[dict[str, object]]:
    """Return the rows of the longest table; tables of one header are one. None where texts are more than rows."""
    lines = [line.strip() for line in _tidy(text).split("\n")]
    tables, place, drawn = dict[tuple[str, ...], list[list[str]]](), 1, 0
    while place < len(lines):
        place += 1
        if "|" not in lines[place - 2] or not _DRAWN.fullmatch(lines[place - 1]):
            continue
        rest = map(lines.__getitem__, range(place, len(lines)))
        below = [_bar_cells(line) for line in takewhile(lambda line: "|" in line, rest)]
        tables.setdefault(tuple(_bar_cells(lines[place - 2])), []).extend(below)
        place, drawn = place + len(below) + 1, drawn + len(below) + 2
    header, rows = max(tables.items(), key=lambda table: len(table[1]), default=((), []))
    filled = sum(bool(line) for line in lines)
    texts = filled - drawn - sum(line.startswith("#") for line in lines)
    # A table alone is read as one.
    if len(rows) < max(texts, 1) or len(rows) + 2 == filled:
        return []
    names = header_names(list(header))
    names += numbered_names(max(map(len, rows)))[len(names) :]
    return [dict(zip_longest(names, cells, fillvalue="")) for cells in rows]


def _bar_cells(line: str) -> list[str]:
    cells = _BAR.split(line.strip().removeprefix("|").removesuffix("|"))
    return [cell.strip().replace("\\|", "|").replace("<br>", "\n") for cell in cells]


def _parted(texts: Sequence[str]) -> Brought | None:
    prompts = [(text,) for text in texts]
    templates = induce(prompts)
    if len(templates) != 1 or len(templates[0].rows) != len(texts) or not templates[0].slots:
        return None
    template = templates[0].parts[0]
    if len(_WORD.findall(" ".join(template.constants))) < _LEAST_WORDS:
        return None
    rows = [templates[0].values_in(prompt) for prompt in prompts]
    wording = template.render({slot: f"[{slot.replace('_', ' ')}]" for slot in template.slots})
    if len(wording) > MOST_WORDING_CHARS:
        return None
    return Brought(_lines(rows), wording)


def _lines(rows: Sequence[object]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").lstrip("\ufeff")


def form_of(text: str) -> str:
    """Tell how a paste is to be read, as a key of `FORMS` or `json`.

    A table's first line parts as the next ones do and holds names.
    """
    if text.lstrip()[0] in "[{":
        return "json"
    lines = [line for line in text.split("\n") if line.strip()]
    delimiter = _delimiter(lines[0])
    if len(lines) > 1 and delimiter and _is_parted(lines, delimiter):
        if _are_names(lines, delimiter):
            return "table"
        # A comma with a blank behind it is one of a sentence.
        if delimiter != "," or ", " not in lines[0]:
            return "bare"
    if re.search(r"\n[^\S\n]*\n", text.strip()):
        return "blocks"
    return "table" if len(lines) > 1 and _ONE_NAME.fullmatch(lines[0].strip()) else "lines"


def _delimiter(line: str) -> str:
    """Return the delimiter of a line: a tab, as spreadsheets copy, else the most frequent one; empty for none."""
    best = "\t" if "\t" in line else max(_DELIMITERS, key=line.count)
    return best if best in line else ""


def _is_parted(lines: list[str], delimiter: str) -> bool:
    """Return whether the lines below have as many cells as the first line.

    With tabs or quotes one such line is enough, since a quoted cell may hold the delimiter; else all must.
    """
    delimiter_count = lines[0].count(delimiter)
    same = sum(line.count(delimiter) == delimiter_count for line in lines[1:])
    return same > 0 if delimiter == "\t" or any('"' in line for line in lines) else same == len(lines) - 1


def _are_names(lines: list[str], delimiter: str) -> bool:
    """Return whether the first line names columns: short words, all different, none repeated below in its column."""
    names = [cell.strip().strip('"').casefold() for cell in lines[0].split(delimiter)]
    below = [[cell.strip().strip('"').casefold() for cell in line.split(delimiter)] for line in lines[1:]]
    filled = [name for name in names if name]
    return (
        len(set(filled)) == len(filled)
        and all(map(_is_name, filled))
        and not any(
            name and place < len(row) and row[place] == name for row in below for place, name in enumerate(names)
        )
    )


def _is_name(cell: str) -> bool:
    is_short = len(cell) <= _HEADER_CHARS and len(cell.split()) <= _HEADER_WORDS
    return is_short and not _VALUE.fullmatch(cell) and cell[-1:] not in ".!"
