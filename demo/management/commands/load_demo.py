"""`manage.py load_demo`: load what is missing of the demo."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from demo.data import load


class Command(BaseCommand):
    help = "Load the demo: a task, fictional prospects, drafts and some decisions. What is there stays."

    def handle(self, *args: Any, **options: Any) -> None:
        load.load(lambda step: self.stdout.write(f"Demo: {step}"))
