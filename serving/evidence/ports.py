"""What other rooms and features put into an evidence file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from training.models import Miniature
from web.ports import Listeners


@dataclass(frozen=True, slots=True)
class SealedRegistration:
    """What somebody set out to show, sealed before it began.

    Attributes:
        kind: `experiment` or `study`.
        id: Its row's.
        name: Its short name or its question.
        text: The bytes that were hashed, as text.
        sha256: The hash it was registered with.
        at: When, ISO.
        looks: Of each analysis that was recorded its number, whether it was the final one, when, and the hash of its result.
    """

    kind: str
    id: str
    name: str
    text: str
    sha256: str
    at: str
    looks: tuple[dict[str, Any], ...] = ()


# Registrations that a miniature takes part in.
registrations: Listeners[[Miniature], list[SealedRegistration]] = Listeners()
