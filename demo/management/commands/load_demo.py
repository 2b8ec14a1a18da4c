"""`manage.py load_demo`: load the missing parts of the demo."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo.data import load
from demo.data.tasks import FOR_STUDIES


class Command(BaseCommand):
    help = "Load the demo: a task, fictional prospects, drafts and some decisions. What is there stays."

    def add_arguments(self, parser: CommandParser) -> None:
        slugs = [each.slug for each in FOR_STUDIES]
        parser.add_argument("--task", default="", choices=slugs, help="load this task for studies, and nothing else")

    def handle(self, *args: Any, task: str, **options: Any) -> None:
        if task:
            self.stdout.write(f"Demo: {task} {'loaded' if load.load_for_studies(task) else 'was there'}")
            return
        load.load(lambda step: self.stdout.write(f"Demo: {step}"))
