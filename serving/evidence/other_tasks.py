"""Names of other tasks in what an evidence file tells: where there is one, the text is withheld and its hash stands alone.

Who leads one task takes the file, and may not know of others. It is the same file whoever takes it, so no other task is
named in it to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.db.models import Q

from review.models import Task
from web import strict_json

# Says what a member became, in words that a task may have for a name.
_NO_TASK: Final = frozenset({"role"})


class OtherTasks:
    """The names and slugs of all tasks but one, read once."""

    def __init__(self, task: Task) -> None:
        own = {task.name, task.slug}
        rows = Task.objects.filter(~Q(pk=task.pk)).order_by().values_list("name", "slug")
        self._names = frozenset(each for row in rows for each in row) - own

    def are_named_in(self, value: object) -> bool:
        """Return whether a string anywhere in a JSON value is the name or slug of another task."""
        if isinstance(value, str):
            return value in self._names
        if isinstance(value, Mapping):
            return any(self.are_named_in(key) or self._in_item(key, each) for key, each in value.items())
        return isinstance(value, Sequence) and any(self.are_named_in(each) for each in value)

    def are_named_in_text(self, text: str) -> bool:
        """Return whether a JSON text names another task; of a text that is no JSON, whether it holds such a name anywhere."""
        try:
            return self.are_named_in(strict_json.loads(text))
        except ValueError:
            return any(name in text for name in self._names)

    def _in_item(self, key: object, value: object) -> bool:
        return key not in _NO_TASK and self.are_named_in(value)
