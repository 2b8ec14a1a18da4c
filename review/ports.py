"""Where upper rooms speak on this room's pages and cards without being known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db.models import QuerySet

from members.models import Member
from review.models import Draft
from review.spec.prompting import Message

# Sentences for a data card, given the teachers ("provider:model") whose text a dataset holds.
CardNotes = Callable[[list[str]], list[str]]
_card_notes: list[CardNotes] = []


def add_card_notes(notes: CardNotes) -> None:
    """Have `notes` asked for every data card; adding the same function twice changes nothing."""
    if notes not in _card_notes:
        _card_notes.append(notes)


def card_notes(teachers: list[str]) -> list[str]:
    """All sentences the upper rooms have on texts of these teachers."""
    return [sentence for notes in _card_notes for sentence in notes(teachers)]


# Chances, 0 to 1, that drafts of a task are accepted as they are, given its id and theirs; those it has no say on are absent.
AcceptScores = Callable[[UUID, Sequence[UUID]], Mapping[UUID, float]]
_accept_scores: list[AcceptScores] = []


def set_accept_scores(scores: AcceptScores) -> None:
    """Say which room's model estimates what will be accepted, for desks that show the least certain first."""
    _accept_scores[:] = [scores]


def accept_scores(task_id: UUID, drafts: Sequence[UUID]) -> Mapping[UUID, float]:
    """What that model says; nothing where none is installed."""
    return _accept_scores[0](task_id, drafts) if _accept_scores else {}


@dataclass(frozen=True, slots=True)
class Writer:
    """A teacher that could write a draft again.

    Attributes:
        slug: Its short name, to ask for it.
        name: How pages call it.
        price: What one revision costs at most, in words.
        is_author: Whether it wrote the draft.
    """

    slug: str
    name: str
    price: str
    is_author: bool = False


class Reviser(Protocol):
    """The room that has drafts written again."""

    def writers(self, draft: Draft, conversation: Sequence[Message], *, by: Member) -> list[Writer]:
        """Teachers that can be asked now, the draft's author first if it is among them."""
        ...

    def start(self, draft: Draft, conversation: Sequence[Message], *, writer: str, by: Member) -> UUID:
        """Order one revision, inside the caller's transaction; returns the id of its job.

        Raises:
            Refusal: It cannot be had: no such teacher, no key, no price, or dearer than a revision may be.
        """
        ...


_revisers: list[Reviser] = []


def set_reviser(reviser: Reviser) -> None:
    """Say which room has drafts written again."""
    _revisers[:] = [reviser]


def reviser() -> Reviser | None:
    """The room that has drafts written again; None where none is installed."""
    return _revisers[0] if _revisers else None


# Where drafts go once they are accepted, in a sentence for the member who looks; those that go nowhere are absent.
Destinations = Callable[[Sequence[UUID], Member], Mapping[UUID, str]]
_destinations: list[Destinations] = []


def set_destinations(destinations: Destinations) -> None:
    """Say which room knows where accepted drafts go."""
    _destinations[:] = [destinations]


def destinations(drafts: Sequence[UUID], by: Member) -> Mapping[UUID, str]:
    """What that room says; nothing where none is installed."""
    return _destinations[0](drafts, by) if _destinations else {}


@dataclass(frozen=True, slots=True)
class DeskScope:
    """A part of a task's drafts that a desk keeps to.

    Attributes:
        key: Its word in addresses.
        name: How pages call it, such as "the campaign Spring".
        url: Where it is looked at as a whole.
        task_id: The task.
        drafts: The drafts of it that wait for a person.
    """

    key: str
    name: str
    url: str
    task_id: UUID
    drafts: QuerySet[Draft]


# The part that a word stands for, for this member; None where the room knows none.
ScopeResolver = Callable[[str, Member], DeskScope | None]
_narrowers: list[ScopeResolver] = []


def set_scope_resolver(narrower: ScopeResolver) -> None:
    """Say which room knows parts of a task that a desk can keep to."""
    _narrowers[:] = [narrower]


def resolve_scope(key: str, by: Member) -> DeskScope | None:
    """The part that a word stands for; None where no room knows it."""
    return _narrowers[0](key, by) if _narrowers else None


# What other rooms hold of records, erased with them: called with their ids, inside the transaction that erases.
Eraser = Callable[[Sequence[UUID]], None]
_erasers: list[Eraser] = []


def add_eraser(eraser: Eraser) -> None:
    """Have `eraser` called whenever records are erased; adding the same function twice changes nothing."""
    if eraser not in _erasers:
        _erasers.append(eraser)


def erase_elsewhere(record_ids: Sequence[UUID]) -> None:
    """Have every room erase what it holds of these records."""
    for eraser in _erasers:
        eraser(record_ids)
