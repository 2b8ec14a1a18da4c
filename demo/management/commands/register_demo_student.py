"""`manage.py register_demo_student`: make the small student that comes with the product known."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.students import registration
from web.errors import Refusal


class Command(BaseCommand):
    help = "Register the demo student, or bring its row up to date with its files."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            student = registration.register_demo()
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}") from refusal
        self.stdout.write(f"{student.name}: {student.parameters:,} parameters, {student.manifest_sha256[:12]}")
