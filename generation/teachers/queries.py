"""Questions about teachers and prices. Any member may see those an admin added: a lead must choose among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max, QuerySet

from generation.models import PriceEntry, Teacher, TeacherKey
from generation.money.prices import price_entry, prices
from generation.states import Provider, address_of
from generation.teachers import addresses, keys, provided
from generation.teachers.terms import ProviderTerms, terms_of
from jobs.secrets import allow_list, store
from jobs.secrets.allow_list import SecretUse
from members.models import Member
from review.models import Task
from web.http.first_or_404 import first_or_404

FREE = PriceEntry(
    input_usd_per_million=Decimal(0), output_usd_per_million=Decimal(0), note="Runs here, free of charge."
)


@dataclass(frozen=True)
class TeacherLine:
    """One teacher as lists show it: its price if known, whether its key is there and usable, its provider's terms."""

    teacher: Teacher
    price: PriceEntry | None
    has_key: bool
    terms: ProviderTerms
    # Whether its key may be sent to its address: see `jobs.secrets.allow_list`.
    is_key_allowed: bool = True
    # The key as an admin entered it, where it is stored and may be used; None for one from the environment.
    stored_key: TeacherKey | None = None

    @property
    def is_key_stored(self) -> bool:
        return store.is_stored(self.teacher.secret_ref)

    @property
    def can_be_tested(self) -> bool:
        """Return whether one test call could be made now, with a price or without."""
        return self.teacher.is_active and self.has_key

    @property
    def can_be_asked(self) -> bool:
        return self.can_be_tested and self.price is not None

    @property
    def can_be_asked_anything(self) -> bool:
        return self.can_be_asked and self.teacher.follows_instructions


def visible(member: Member) -> QuerySet[Teacher]:
    """Teachers the member may see: all, for an admin; for others those in use, of miniatures those of their tasks."""
    teachers = Teacher.objects.order_by("name")
    return teachers if member.is_admin else provided.seen_by(member, teachers.filter(is_active=True))


def lines(member: Member) -> list[TeacherLine]:
    """Teachers with their prices and stored keys; four queries however many there are."""
    return _lines(visible(member))


def lines_for(member: Member, task: Task, *, kept: Iterable[Teacher] = ()) -> list[TeacherLine]:
    """Teachers that write for a task, with their prices: another task's miniatures are left out, but for those kept."""
    return _lines(dict.fromkeys([*provided.writes_for(task, visible(member)), *kept]))


def judge_lines_for(member: Member, task: Task) -> list[TeacherLine]:
    """Teachers that may judge a task's drafts, with their prices: of miniatures those that were trained for it."""
    may_judge = provided.judge_for(task, visible(member).exclude(provider=Provider.OFFLINE))
    return _lines(may_judge)


def choices_of(lines: Iterable[TeacherLine]) -> list[tuple[str, str]]:
    """Return teachers as a form offers them."""
    return [(line.teacher.slug, line.teacher.name) for line in lines]


def _lines(teachers: Iterable[Teacher]) -> list[TeacherLine]:
    by_model = {(entry.provider, entry.model): entry for entry in prices()}
    stored = {key.name: key for key in TeacherKey.objects.all()}
    return [
        _line(teacher, by_model.get((teacher.provider, teacher.model)), stored.get(teacher.secret_ref))
        for teacher in teachers
    ]


def line_of(teacher: Teacher, price: PriceEntry | None) -> TeacherLine:
    is_stored = store.is_stored(teacher.secret_ref)
    return _line(teacher, price, TeacherKey.objects.filter(name=teacher.secret_ref).first() if is_stored else None)


def _line(teacher: Teacher, price: PriceEntry | None, key: TeacherKey | None) -> TeacherLine:
    if is_free(teacher):
        price = FREE
    terms = terms_of(teacher.provider)
    if store.is_stored(teacher.secret_ref):
        is_allowed = key is None or keys.is_for(key, address_of(teacher.provider, teacher.base_url))
        has_key = key is not None and is_allowed
        return TeacherLine(teacher, price, has_key, terms, is_allowed, key if has_key else None)
    is_allowed = not teacher.secret_ref or _may_use_key(teacher)
    has_key = is_allowed and (not teacher.secret_ref or store.is_set(teacher.secret_ref))
    return TeacherLine(teacher, price, has_key, terms, is_allowed)


def _may_use_key(teacher: Teacher) -> bool:
    address = address_of(teacher.provider, teacher.base_url)
    return allow_list.is_allowed(teacher.secret_ref, use=SecretUse.TEACHER, url=address)


def is_free(teacher: Teacher) -> bool:
    """Tell whether no token of it is paid for: it runs in this installation."""
    return teacher.provider == Provider.OFFLINE or bool(teacher.provided_by)


def price_of(teacher: Teacher) -> PriceEntry | None:
    """The teacher's price; None when the table has none for its model."""
    if is_free(teacher):
        return FREE
    return price_entry(teacher.provider, teacher.model)


def price_before_one(teacher: Teacher) -> PriceEntry | None:
    """Return the price to assume for a teacher without one: the dearest of the table; free on a private server.

    None where the table is empty.

    Raises:
        Refusal: `base_url`, its address may not be called.
    """
    place = addresses.check(teacher.base_url) if teacher.base_url else None
    if place and (place.address is None or not place.address.is_global):
        return FREE
    most = prices().aggregate(given=Max("input_usd_per_million"), answered=Max("output_usd_per_million"))
    if most["given"] is None:
        return None
    return PriceEntry(input_usd_per_million=most["given"], output_usd_per_million=most["answered"])


def teacher_or_404(member: Member, slug: str) -> Teacher:
    """Return one teacher by its slug; one out of use for admins alone."""
    return first_or_404(visible(member).filter(slug=slug), f"There is no teacher '{slug}'.")
