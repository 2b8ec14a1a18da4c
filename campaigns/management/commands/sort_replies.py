"""`manage.py sort_replies FILE`: what replies mean. Knows files and exit codes, no rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from sys import stdin
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.replies import sorting, word_sorter
from campaigns.replies.sorting import ReceivedReply, SortedReply
from jobs.rundir import machine
from web import strict_json
from web.errors import Refusal


class Command(BaseCommand):
    help = (
        "Reads JSON lines {id, subject, body, headers} and prints {id, class, confidence, is_sure, may_be_optout, by} "
        "for each: rules first, then a small model. What is not sure is for a person. A bad line refuses the whole "
        "file."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a file of JSON lines, or - for standard input")
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--rules", action="store_true", help="use only the rules")
        who.add_argument(
            "--miniature", type=Path, metavar="FOLDER", help="this tuned encoder; else the sorter that is shipped"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a line")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            with nullcontext(stdin) if file == "-" else Path(file).open(encoding="utf-8-sig") as lines:
                # All is read before anything is printed: a fault in the last line leaves no half answer.
                rows = list(_rows(lines))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is not UTF-8 text.") from None
        folder = None if options["rules"] else options["miniature"] or settings.REPLY_SORTER_DIR
        for (number, _), answer in zip(rows, _sorted([reply for _, reply in rows], folder), strict=True):
            values = {
                "id": number,
                "class": answer.reply_class.value,
                "confidence": round(answer.confidence, 3),
                "is_sure": answer.is_sure,
                "may_be_optout": answer.may_be_optout,
                "by": answer.by,
            }
            self.stdout.write(
                json.dumps(values, ensure_ascii=False) if options["json"] else "\t".join(map(str, values.values()))
            )


def _sorted(replies: list[ReceivedReply], folder: Path | None) -> list[SortedReply]:
    if folder is None:
        return [sorting.sort(each) for each in replies]
    try:
        answers = _ask(folder, replies)
    except Refusal as refusal:
        raise CommandError(refusal.message) from None
    name = folder.parent.name if folder.name in ("weights", "adapter", "model") else folder.name
    return [
        sorting.sort(each, probabilities=probabilities, by=name)
        for each, probabilities in zip(replies, answers, strict=True)
    ]


def _ask(folder: Path, replies: list[ReceivedReply]) -> list[Mapping[str, float]]:
    if (folder / word_sorter.HEADER).exists():
        return word_sorter.load(folder).ask(replies)
    # The shipped sorter needs none.
    if not machine.has_torch():
        raise CommandError(
            "A tuned miniature needs torch: pip install 'miniatures[training]', in a checkout make torch."
        )
    from campaigns.replies import miniature

    return miniature.ask(miniature.load(folder), replies)


def _rows(lines: Iterable[str]) -> Iterator[tuple[str | int, ReceivedReply]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _row(line, number)


def _row(line: str, number: int) -> tuple[str | int, ReceivedReply]:
    try:
        row = strict_json.loads(line)
    except ValueError as error:
        raise CommandError(f"Line {number} is not JSON: {error}.") from None
    if not isinstance(row, dict) or not {"id", "body"} <= row.keys():
        raise CommandError(f"Line {number}: expected an object with id and body, and maybe subject and headers.")
    subject, body, headers = row.get("subject") or "", row["body"], row.get("headers") or {}
    if not isinstance(row["id"], str | int) or not isinstance(subject, str) or not isinstance(body, str):
        raise CommandError(f"Line {number}: id, subject and body are texts.")
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise CommandError(f"Line {number}: headers are an object of texts.")
    return row["id"], sorting.received(subject, body, headers)
