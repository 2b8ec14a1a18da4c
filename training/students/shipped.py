"""Students that come with the product: the app that ships them adds them here, with the recipes made for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ShippedStudent:
    """A student whose files this installation holds.

    Attributes:
        folder: Its files; called whenever they are needed.
        recipe: Preset that a form begins with.
        full: Preset that tunes all of its weights; empty for none.
        of_many: Preset for a thousand approved rows and more; empty for none.
        context: Tokens of the longer recipe that a study of contexts compares; 0 for an encoder.
    """

    slug: str
    name: str
    licence: str
    folder: Callable[[], Path]
    recipe: str
    full: str = ""
    of_many: str = ""
    context: int = 0


# By slug, in the order in which lists show them.
SHIPPED: dict[str, ShippedStudent] = {}


def add(*students: ShippedStudent) -> None:
    """Make students known, before anything is asked of them: when the app that ships them is ready."""
    SHIPPED.update({student.slug: student for student in students})


def recipe_of(slug: str) -> str:
    """Return the preset made for a student; empty for one that does not come with the product."""
    return SHIPPED[slug].recipe if slug in SHIPPED else ""
