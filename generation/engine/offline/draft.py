"""What the offline teacher hands back, and what it pretends to have used.

Knows nothing of how a draft is composed.
"""

import math
from dataclasses import dataclass

FieldValue = str | list[dict[str, str]]


@dataclass(frozen=True)
class OfflineDraft:
    """One composed draft.

    Attributes:
        fields: Values by the names of the output schema; a `list` field holds dicts of its items.
        defects: Names of the faults put in on purpose, in the order they were put in; empty for a clean draft.
    """

    fields: dict[str, FieldValue]
    defects: tuple[str, ...] = ()


def tokens(text: str) -> int:
    """Estimate the tokens of a text: a quarter of its characters, rounded up."""
    return math.ceil(len(text) / 4)
