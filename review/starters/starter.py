"""What a starter is: a whole specification to begin a task from, with one made-up record to show it on."""

from __future__ import annotations

from dataclasses import dataclass

from review.schema import Facts, Fields
from review.spec import TaskSpec


@dataclass(frozen=True)
class Starter:
    """A task to begin from.

    Attributes:
        slug: Its name in addresses.
        name: Its name on pages; also what a new task is called at first.
        summary: One sentence on what it is for.
        spec: The specification, ready to be changed.
        facts: Facts of a made-up record, so that a page can show a prompt before anything is imported.
        fields: A draft for that record, to show the shape of an answer.
    """

    slug: str
    name: str
    summary: str
    spec: TaskSpec
    facts: Facts
    fields: Fields
