"""`manage.py study_retrieval`: verifiers compared on passages found in stored pages. Knows files and exit codes, no verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.management.commands.check_claims import dollars
from evaluation.verifier import choose, retrieval_study
from evaluation.verifier.retrieval_study import NONE, JudgedClaim
from review.text.verification.rules_first import RulesFirst
from web import strict_json
from web.errors import Refusal

_TEXTS = ("text", "document")


class Command(BaseCommand):
    help = (
        "Compares who may say whether a page supports a claim: nobody, the rules, a miniature, a teacher. Claims are JSON lines with "
        "text, supported, document (the address of a page stored by the task's research) and evidence, which may be left out. "
        "Register first; then run by the record."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=("register", "run"))
        parser.add_argument("file", help="claims, a JSON object a line")
        parser.add_argument("--record", required=True, metavar="FILE", help="written by register, read by run")
        parser.add_argument("--task", required=True, help="whose stored pages are searched")
        parser.add_argument("--passages", type=int, default=3, help="how many a claim is held against (register)")
        parser.add_argument("--miniature", default="", metavar="NAME", help="asked after the rules (register)")
        parser.add_argument("--teacher", default="", metavar="NAME", help="asked last, at a task's expense (register)")
        parser.add_argument("--max-cost-usd", type=dollars, help="what a teacher may cost at most (run)")
        parser.add_argument("--by", default="", metavar="USERNAME", help="who asks; the only admin otherwise")
        parser.add_argument("--json", action="store_true", help="print all figures as one JSON object (run)")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        try:
            claims = list(_claims(Path(options["file"])))
            (self._register if act == "register" else self._run)(claims, options)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be opened: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError("A file is no UTF-8 text.") from None
        except PermissionDenied as error:
            raise CommandError(str(error)) from None
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None

    def _register(self, claims: list[JudgedClaim], options: dict[str, Any]) -> None:
        named = {NONE: "", "rules": "", "miniature": options["miniature"], "teacher": options["teacher"]}
        arms = {arm: name for arm, name in named.items() if name or arm in (NONE, "rules")}
        record = Path(options["record"])
        if record.exists():
            raise CommandError(f"{record} is there already: a record is never overwritten.")
        task, by = choose.task_of(options["task"]), choose.member(options["by"])
        text, sha256 = retrieval_study.register(task, claims, count=options["passages"], arms=arms, by=by)
        record.write_bytes(text.encode())
        told = json.loads(text)
        self.stdout.write(f"Registered, SHA-256 {sha256}.\nRule: {told['rule']}\n{told['outlook']['sentence']}")

    def _run(self, claims: list[JudgedClaim], options: dict[str, Any]) -> None:
        text = Path(options["record"]).read_bytes().decode()
        told = retrieval_study.judge(
            choose.task_of(options["task"]),
            claims,
            text,
            verifiers=lambda arm, name: _verifier(arm, name, options),
            by=choose.member(options["by"]),
        )
        self.stdout.write(json.dumps(told, ensure_ascii=False) if options["json"] else told["sentence"])


def _verifier(arm: str, name: str, options: dict[str, Any]) -> RulesFirst:
    if arm == "miniature":
        return choose.miniature(name, by=options["by"])
    if arm == "teacher":
        asked = {"max_cost_usd": options["max_cost_usd"], "task": options["task"], "by": options["by"]}
        return choose.teacher(name, **asked)
    return RulesFirst(None)


def _claims(file: Path) -> Iterator[JudgedClaim]:
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = strict_json.loads(line)
        except ValueError as error:
            raise CommandError(f"line {number} is no JSON: {error}.") from None
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _TEXTS):
            raise CommandError(f"line {number}: write text and document, both texts.")
        if not isinstance(row.get("supported"), bool) or not isinstance(row.get("evidence", ""), str):
            raise CommandError(f"line {number}: 'supported' is true or false, 'evidence' a text.")
        yield JudgedClaim(row["text"], row["supported"], row["document"], row.get("evidence", ""))
