"""Teachers that another room provides: offered and withdrawn by it, never edited by hand.

Called by that room's services, which know who may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generation.models import Teacher
from generation.states import Provider


@dataclass(frozen=True)
class Offer:
    """What a provided teacher is made of. `provided_by` is `room:key` and stays the same for ever."""

    provided_by: str
    slug: str
    name: str
    model: str
    secret_ref: str
    parameters: dict[str, Any] = field(default_factory=dict)
    concurrency: int = 8


def offer(new: Offer) -> Teacher:
    """Add a provided teacher, or put it back into use. Its address is asked of its room for each attempt."""
    values = {
        "name": new.name,
        "provider": Provider.COMPATIBLE,
        "model": new.model,
        "base_url": "",
        "parameters": new.parameters,
        "secret_ref": new.secret_ref,
        "concurrency": new.concurrency,
        "is_active": True,
    }
    teacher, _ = Teacher.objects.update_or_create(
        provided_by=new.provided_by, defaults=values, create_defaults={**values, "slug": _free_slug(new.slug)}
    )
    return teacher


def withdraw(provided_by: str) -> None:
    """Take a provided teacher out of use; its drafts and orders stay."""
    Teacher.objects.filter(provided_by=provided_by).update(is_active=False)


def _free_slug(stem: str) -> str:
    taken = frozenset(Teacher.objects.filter(slug__startswith=stem[:56]).values_list("slug", flat=True))
    return next(slug for slug in (stem, *(f"{stem[:56]}-{n}" for n in range(2, 1000))) if slug not in taken)
