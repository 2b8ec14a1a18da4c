"""`manage.py paper TASK`: forecast, order and report a reproduction of the paper. Knows words and exit codes alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404

from evaluation.management.commands.check_claims import dollars
from evaluation.paper import order as orders
from evaluation.paper import report
from evaluation.paper.plan import PaperRequest, PartPlan
from evaluation.studies import columns
from evaluation.studies.task_names import StudyReader
from evaluation.verifier import choose
from generation.teachers import queries as teachers
from members.models import Member
from review.datasets import queries as datasets
from review.models import Task
from review.tasks.permissions import task_or_404
from web.errors import Refusal
from web.templatetags.figures import duration, money


class Command(BaseCommand):
    help = (
        "Prints what each part of a reproduction of the paper takes, then orders those parts; workers do the rest. "
        "With --report alone it orders nothing, and writes the report of what is there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("task", help="a task's slug")
        parser.add_argument("--parts", default="", help="names of parts, separated by commas; all otherwise")
        parser.add_argument("--budget", type=dollars, help="US dollars that teachers and hosts may cost together")
        parser.add_argument("--dry-run", action="store_true", help="print the forecast and order nothing")
        parser.add_argument("--report", type=Path, metavar="FOLDER", help="write paper.html, paper.md and paper.json")
        parser.add_argument("--version-id", default="", help="a frozen version; the task's newest otherwise")
        parser.add_argument("--teacher", default="", help="who writes where no version is frozen")
        parser.add_argument("--judge", action="store_true", help="count texts that a judge accepted under a rule")
        parser.add_argument("--other", action="append", default=[], help="a frozen version of another task")
        parser.add_argument("--without", action="append", default=[], metavar="HUB_ID", help="a student to leave out")
        parser.add_argument("--by", default="", metavar="USERNAME", help="a lead of the task; the only admin otherwise")

    def handle(self, *args: Any, task: str, **options: Any) -> None:
        try:
            by = choose.member(options["by"])
            self._run(task_or_404(by, task), by, options)
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        except (Http404, PermissionDenied) as error:
            raise CommandError(str(error)) from None

    def _run(self, task: Task, by: Member, options: dict[str, Any]) -> None:
        if options["report"] is None or options["budget"] is not None or options["dry_run"]:
            request = _request(task, by, options)
            if (texts_usd := orders.texts_usd(task, request, by=by)) is not None:
                self.stdout.write(f"texts: up to {money(texts_usd)} for the teacher, then your experts judge")
            plans = orders.plans_of(request)
            for plan in plans:
                self.stdout.write(_line(plan))
            if (compared_usd := orders.compared_usd(plans)) is not None:
                self.stdout.write(f"evaluations: up to {money(compared_usd)} for the teacher beside the miniatures")
            if options["budget"] is None and not options["dry_run"]:
                raise CommandError(
                    "Name the most that it may cost with --budget, or see only the forecast with --dry-run."
                )
            if not options["dry_run"]:
                self.stdout.write(f"Ordered: /jobs/{orders.start(task, request, by=by).pk}/")
        if options["report"] is not None:
            data = report.build(task, orders.last(task), StudyReader(by))
            for path in report.write(options["report"], data):
                self.stdout.write(str(path))


def _request(task: Task, by: Member, options: dict[str, Any]) -> PaperRequest:
    named = options["version_id"]
    return PaperRequest(
        options["budget"] or Decimal(0),
        parts=tuple(key.strip() for key in options["parts"].split(",") if key.strip()),
        version=datasets.version_or_404(by, named) if named else datasets.frozen_versions(task).first(),
        teacher=teachers.teacher_or_404(by, options["teacher"]) if options["teacher"] else None,
        others=tuple(columns.chosen(by, options["other"])),
        left_out=tuple(options["without"]),
        judged_by_machine=options["judge"],
    )


def _line(plan: PartPlan) -> str:
    if plan.problem:
        return f"{plan.part.key}: not run. {plan.problem}"
    if not plan.cells:
        return f"{plan.part.key}: computed, nothing to pay"
    time = duration(plan.seconds) if plan.seconds is not None else "time not known"
    fetched = f", downloads {', '.join(plan.to_fetch)}" if plan.to_fetch else ""
    return f"{plan.part.key}: {plan.cells} cells, {plan.reused} measured before, {time}, {money(plan.usd)}{fetched}"
