"""Takes in which contacts a campaign is for, as plain values that can be kept; refuses what names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from campaigns.models import ContactImport
from review.models import Task
from web.errors import Refusal

WORDS = ("segment", "import", "limit")


def settled(task: Task, wanted: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """Return an audience as a campaign keeps it: what says nothing is left out, and an import is kept by its id.

    Args:
        task: The task whose contacts are meant.
        wanted: `segment`, `import` (an id) and `limit`, each optional.
        place: The field of the request that errors are shown at.

    Raises:
        Refusal: `audience_invalid`, a word that means nothing here; `import_unknown`, no such import among the task's.
    """
    if unknown := sorted(set(wanted) - set(WORDS)):
        message = f"'{unknown[0]}' is nothing that contacts are chosen by."
        raise Refusal("audience_invalid", message, hint=f"Choose by {', '.join(WORDS)}.", errors={place: [message]})
    chosen = {name: value for name, value in wanted.items() if value}
    if "import" in chosen:
        chosen["import"] = str(_import(task, chosen["import"], place))
    return chosen


def _import(task: Task, wanted: object, place: str) -> UUID:
    try:
        found = ContactImport.objects.filter(task=task, pk=UUID(str(wanted))).values_list("pk", flat=True).first()
    except ValueError:
        found = None
    if found is None:
        message = f"There is no import '{wanted}' among the contacts of this task."
        hint = "An import's id is in the answer to the request that made it, and in the campaign's form."
        raise Refusal("import_unknown", message, hint=hint, errors={place: [message]})
    return found
