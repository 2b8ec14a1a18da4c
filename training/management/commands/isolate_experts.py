"""`manage.py isolate_experts STUDENT VERSION_ID --by ADMIN`: order dense students of a mixture's experts."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404

from members.models import Member
from review.datasets import queries as datasets
from training.runs import isolating
from training.students import queries as students
from web.errors import Refusal


class Command(BaseCommand):
    help = (
        "Takes the experts out of a mixture that its router uses most, and those it uses least, on a version's texts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("student", help="slug of a registered Mixtral, or of a Qwen3 with experts")
        parser.add_argument("version_id", help="a frozen version, whose training texts choose the experts")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="an admin")

    def handle(self, *args: Any, student: str, version_id: str, by: str, **options: Any) -> None:
        try:
            member = Member.objects.get(username=by, is_active=True)
            version = datasets.version_or_404(member, version_id)
            job = isolating.order(students.by_slug(student), version=version, by=member)
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        except (Http404, PermissionDenied, Member.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Ordered: /jobs/{job.pk}/")
