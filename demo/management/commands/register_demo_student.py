"""`manage.py register_demo_student`: register the shipped student and the shipped encoder."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.students import registration
from training.students.shipped import SHIPPED
from web.errors import Refusal


class Command(BaseCommand):
    help = "Register the demo student and the demo encoder, or bring their rows up to date with their files."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            students = [registration.register_shipped(slug) for slug in SHIPPED]
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}") from refusal
        for student in students:
            self.stdout.write(f"{student.name}: {student.parameters:,} parameters, {student.manifest_sha256[:12]}")
