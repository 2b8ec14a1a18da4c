"""`manage.py claim_records TASK --into TASK`: claims to learn checking from, made of a task's decisions."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from members.models import Member
from review.models import Task
from review.sources.claim_records import make
from web.errors import Refusal


class Command(BaseCommand):
    """Adds golds to the task that checks claims; `--by` is who answers for it."""

    help = "Make records for a task that checks claims from experts' decisions on another task's drafts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("task", help="Short name of the task whose decisions are read.")
        parser.add_argument("--into", required=True, metavar="TASK", help="Short name of the task that checks claims.")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="An admin, or a lead of both tasks.")
        parser.add_argument(
            "--reason", action="append", metavar="CODE", help=f"Means a wrong fact (default: {make.WRONG_FACT})."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.filter(username=options["by"], is_active=True).first()
        if member is None:
            raise CommandError(f"There is no active member '{options['by']}'.")
        reasons = tuple(options["reason"] or (make.WRONG_FACT,))
        try:
            made = make.make(_task(options["task"]), into=_task(options["into"]), by=member, reasons=reasons)
        except PermissionDenied as error:
            raise CommandError(str(error)) from None
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        added = made.supported + made.unsupported
        self.stdout.write(f"{added:,} added: {made.supported:,} supported, {made.unsupported:,} not.")
        self.stdout.write(f"{made.known:,} known already, {made.left_out:,} left out.")
        self.stdout.write(f"{made.unplaced:,} drafts rejected for a wrong fact do not mark the wrong sentence.")


def _task(slug: str) -> Task:
    task = Task.objects.filter(slug=slug).first()
    if task is None:
        raise CommandError(f"There is no task '{slug}'.")
    return task
