"""Ports by which rooms above extend this room's pages and cards. This room imports none of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Model, QuerySet

from members.models import Member
from review.mail_figures import MailFigures
from review.models import Draft, Task, TaskVersion
from review.spec.prompting import Message
from review.states import MailOutcome
from web.ports import Listeners, Port

# Sentences for a data card, given the teachers ("provider:model") whose text a dataset holds.
card_notes: Listeners[[list[str]], list[str]] = Listeners()


@dataclass(frozen=True, slots=True)
class Writer:
    """A teacher that could write a draft again.

    Attributes:
        slug: Its short name, to ask for it.
        price: What one revision costs at most, in words.
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


# How likely drafts that wait are to be accepted, by what another room holds of them, 0 to 1; those it knows nothing of
# are absent. It orders the desk and is shown to nobody.
acceptance_chances: Port[[Task, Sequence[UUID]], Mapping[UUID, float]] = Port(lambda task, drafts: {})
# Those of some drafts on whose verdicts another room waits. It orders the desk and is shown to nobody.
awaited_verdicts: Port[[Task, Sequence[UUID]], AbstractSet[UUID]] = Port(lambda task, drafts: frozenset())
# The room that has drafts written again; None where none is installed.
reviser: Port[[], Reviser | None] = Port(lambda: None)
# Where drafts go once they are accepted, in a sentence for the member who looks; those that go nowhere are absent.
destinations: Port[[Sequence[UUID], Member], Mapping[UUID, str]] = Port(lambda drafts, by: {})


@dataclass(frozen=True, slots=True)
class DeskScope:
    """A part of a task's drafts that a desk keeps to.

    Attributes:
        key: Its word in addresses.
        name: How pages call it, such as "the campaign Spring".
        url: Where it is looked at as a whole.
        drafts: The drafts of it that wait for a person.
    """

    key: str
    name: str
    url: str
    task_id: UUID
    drafts: QuerySet[Draft]


# The part that a word stands for, for this member; None where no room knows it.
resolve_scope: Port[[str, Member], DeskScope | None] = Port(lambda key, by: None)
# What other rooms hold of records, erased with them: called with their ids, inside the transaction that erases.
erase_elsewhere: Listeners[[Sequence[UUID]], None] = Listeners()
# Called with the drafts that a recall's undo left off the desk, as they were before it, and when they were recalled.
left_kept: Listeners[[Sequence[UUID], datetime], None] = Listeners()


class Orders(Protocol):
    """The room that has drafts written by order."""

    def orders_of(self, job_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Return the orders that these jobs carry out, by job; other jobs are absent."""
        ...

    def job_of(self, order_id: UUID, *, by: Member) -> UUID | None:
        """Return the job that carries an order out; None when the member sees no such order."""
        ...


# The room that has drafts written by order; None where none is installed.
orders: Port[[], Orders | None] = Port(lambda: None)


def orders_of(job_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return the orders that these jobs carry out, by job; one question, and none where no job is given."""
    room = orders()
    return room.orders_of(job_ids) if room and job_ids else {}


def job_of_order(order_id: UUID, *, by: Member) -> UUID | None:
    """Return the job that carries an order out; None when the member sees no such order."""
    room = orders()
    return room.job_of(order_id, by=by) if room else None


@dataclass(frozen=True, slots=True)
class Dependent:
    """Something in a room above that rests on drafts, or on frozen versions that hold them.

    Attributes:
        kind: What it is, such as "Miniature".
        status: Where it stands, such as "in service".
        remake_url: Where the like of it is made from newer data; empty where that cannot be yet.
        remake: What the link there says.
    """

    kind: str
    name: str
    url: str
    status: str = ""
    remake_url: str = ""
    remake: str = ""


# What rests on drafts (a queryset) and on frozen versions (ids), as the member may see it; every room above tells its
# own.
dependents: Listeners[[QuerySet[Draft], Sequence[UUID], Member], list[Dependent]] = Listeners()

# Rows of a task in rooms above that name some of these records in lists of ids rather than by keys, counted by model.
lists_of_records: Listeners[[Task, AbstractSet[str]], Mapping[type[Model], int]] = Listeners()

# What lets go of a member who judges drafts of a task no more; called inside the transaction that takes the role.
reviewer_left: Listeners[[Member, Task], None] = Listeners()

# What takes drafts that wait along to a new version, given the one before it; called inside the transaction that makes
# it, and answers how many it took along.
version_made: Listeners[[TaskVersion, TaskVersion], int] = Listeners()


@dataclass(frozen=True, slots=True)
class DeskLink:
    """A desk of another room that waits for a task's experts."""

    label: str
    url: str
    hint: str


@dataclass(frozen=True, slots=True)
class ReplyPair:
    """Two drafts whose mails went to readers of one company: one was answered with interest, the other not at all.

    Attributes:
        better: The draft that was answered; `worse` the other.
        said_in: The mail that was answered.
        better_sent_at: When the mail of each went; likewise `worse_sent_at`.
        is_simulated: Whether both went to simulated inboxes.
    """

    better: UUID
    worse: UUID
    said_in: UUID
    better_sent_at: datetime
    worse_sent_at: datetime
    is_simulated: bool = False


class MailOutcomes(Protocol):
    """The room that sends mails written from drafts, and hears what comes of them."""

    def drafts_with(self, outcome: MailOutcome, *, until: datetime | None) -> QuerySet[Draft]:
        """Return drafts of which a mail had an outcome, told by the moment; told by now without one."""
        ...

    def of_drafts(self, drafts: Sequence[UUID], *, until: datetime | None) -> Mapping[UUID, frozenset[MailOutcome]]:
        """Return what came of the mails of some drafts; drafts that no mail was sent from are absent."""
        ...

    def corrected_since(self, task: Task, since: datetime) -> bool:
        """Return whether a member has said anew since a moment what came of mails of a task."""
        ...

    def from_simulations(self, drafts: Sequence[UUID]) -> frozenset[UUID]:
        """Return those of some drafts whose mails went to simulated inboxes."""
        ...

    def figures(self, drafts: QuerySet[Any], *, by: Member) -> list[MailFigures]:
        """Count what came of all mails that some drafts, a query of ids, are in.

        Real inboxes first, nothing where none went.

        Like those below it counts mails of campaigns that the member may see.
        """
        ...

    def figures_of_each(self, drafts: Sequence[UUID], *, by: Member) -> Mapping[UUID, list[MailFigures]]:
        """Count what came of the mails of each of some drafts; drafts that no mail was sent from are absent."""
        ...

    def figures_of_miniature(self, miniature: UUID, *, by: Member) -> list[MailFigures]:
        """Count what came of the mails that a tuned student wrote, or that a stage of its is in."""
        ...

    def figures_of_trained_on(self, version: UUID, *, by: Member) -> list[MailFigures]:
        """Count what came of the mails of tuned students that were trained on a dataset version."""
        ...

    def reply_pairs(self, task: Task, *, until: datetime | None) -> list[ReplyPair]:
        """Return pairs of drafts sent to readers who can be compared, the best matched first; told by the moment."""
        ...


# The room that sends what was drafted; None where none is installed.
mail_outcomes: Port[[], MailOutcomes | None] = Port(lambda: None)

# Rows of rooms above that are models over /v1 by their slugs, as tasks are: no new row takes the slug of another.
named_models: Listeners[[], QuerySet[Any]] = Listeners()

# Desks of rooms above where members who may judge are wanted now; every room tells its own.
desk_links: Listeners[[Task], list[DeskLink]] = Listeners()
