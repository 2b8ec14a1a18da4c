"""Many clients who judge, take back, leave and repeat themselves on the same few cards at once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from members.models import Member
from review.adjudication.known_answers import manage
from review.desk import decisions
from review.desk import deck as desk_deck
from review.desk.deck import ReleasedCard
from review.models import DeskSettings, Draft, KnownAnswer, Task
from tests.at_once import at_once
from tests.review import factories
from tests.review.fire.sound import assert_all_there, assert_sound
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 20
# Every refusal a client of this drill may meet; each carries a sentence that says why.
REFUSALS = {"already_judged", "card_not_free", "already_retracted", "card_not_held"}


class Client(threading.Thread):
    """One reviewer who never pauses."""

    def __init__(self, member: Member, task: Task, cards: list[UUID], *, count: int, seed: int) -> None:
        super().__init__()
        self.member, self.task, self.cards, self.left = member, task, cards, count
        self.dice = random.Random(seed)
        self.answered: list[UUID] = []
        self.refused: dict[UUID, Refusal] = {}
        self.standing: list[tuple[UUID, UUID]] = []
        self.faults: list[BaseException] = []

    def run(self) -> None:
        try:
            while self.left > 0:
                self.dice.choice([self.judge_dealt, self.judge_any, self.judge_any, self.take_back, self.leave])()
        except BaseException as fault:
            self.faults.append(fault)
        finally:
            connection.close()

    def judge_dealt(self) -> None:
        for card in desk_deck.deal(self.member, self.task, count=2):
            self.say(card.draft_id, verdict=self.dice.choice(["accept", "reject"]))

    def judge_any(self) -> None:
        self.say(self.dice.choice(self.cards), verdict=self.dice.choice(["accept", "accept", "reject"]))

    def take_back(self) -> None:
        if self.standing:
            card, decision = self.standing.pop()
            self.say(card, verdict="retract", retracts=decision)

    def leave(self) -> None:
        deck = desk_deck.deal(self.member, self.task, count=1)
        desk_deck.release(self.member, [ReleasedCard(card.draft_id) for card in deck])

    def say(self, draft: UUID, **said: Any) -> None:
        self.left -= 1
        id, card = uuid4(), Draft.objects.get(pk=draft)
        said["if_match"] = desk_deck.etag_for(card, self.member)
        if said["verdict"] == "reject":
            said["reasons"] = ["tone"]
        try:
            first = decisions.record(draft, by=self.member, id=id, deck_size=2, **said)
        except Refusal as refusal:
            self.refused[id] = refusal
            return
        self.answered.append(first.decision.pk)
        if said["verdict"] != "retract":
            self.standing.append((draft, id))
        if self.dice.random() < 0.3:
            # A double click: the same request once more.
            assert decisions.record(draft, by=self.member, id=id, deck_size=2, **said).is_replay


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_racing_decisions_on_a_hundred_cards_lose_nothing_and_double_nothing(
    admin: Member, make_member: Callable[..., Member], stress_count: Callable[[int, int], int]
) -> None:
    task = factories.make_desk(by=admin, count=100)
    DeskSettings.objects.create(task=task, overlap_share=0.3, known_every=10)
    cards = list(Draft.objects.values_list("pk", flat=True))
    for known in cards[:3]:
        manage.add(known, by=admin, verdict="accept")
    # A fifth of the cards in the random slice, as on a real desk.
    Draft.objects.filter(pk__in=cards[80:]).update(random_key=7)
    each = stress_count(100, 10_000) // CLIENTS
    clients = []
    for place in range(CLIENTS):
        member = make_member(f"expert{place}")
        factories.join(member, task)
        clients.append(Client(member, task, cards, count=each, seed=place))

    [client.start() for client in clients]
    [client.join() for client in clients]

    faults = [fault for client in clients for fault in client.faults]
    refusals = [refusal for client in clients for refusal in client.refused.values()]
    assert not faults, faults[:3]
    assert_all_there(
        task, (pk for client in clients for pk in client.answered), (pk for client in clients for pk in client.refused)
    )
    known = set(KnownAnswer.objects.values_list("draft", flat=True))
    assert len(known) == 3
    assert_sound(task)
    assert {refusal.code for refusal in refusals} <= REFUSALS, Counter(refusal.code for refusal in refusals)
    assert all(refusal.message and refusal.hint and refusal.status == 409 for refusal in refusals)


@pytest.mark.timeout(3600)
def test_no_draft_is_given_to_two_unless_it_takes_two(
    admin: Member, make_member: Callable[..., Member], stress_count: Callable[[int, int], int]
) -> None:
    count = stress_count(40, 2_000)
    task = factories.make_desk(by=admin, count=count)
    DeskSettings.objects.create(task=task, overlap_share=0.2)
    members = [make_member(f"expert{place}") for place in range(10)]
    for member in members:
        factories.join(member, task)
    dealt: list[tuple[Any, UUID]] = []

    def work(member: Member) -> None:
        deck = desk_deck.deal(member, task, count=3)
        while deck:
            card = deck.pop(0)
            dealt.append((member.pk, card.draft_id))
            outcome = decisions.record(
                card.draft_id, by=member, id=uuid4(), verdict="accept", if_match=card.etag, deck_size=3
            )
            deck += outcome.deck

    at_once(*(partial(work, member) for member in members))
    # Whoever was last may have left cards to the others, who were gone by then.
    for member in members:
        work(member)

    given = Counter(draft for _, draft in dealt)
    wanted = dict(Draft.objects.values_list("pk", "verdicts_wanted"))
    assert given == wanted
    assert len(set(dealt)) == len(dealt)
    assert 0 < sum(each == 2 for each in wanted.values()) < count
    assert_sound(task)
