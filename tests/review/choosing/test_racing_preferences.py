"""Clients that choose, judge and take back at once on the same drafts: one of them wins,
and nothing is left half done.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connections
from django.http import Http404

from members.models import Member
from review.desk import decisions
from review.desk import deck as desk_deck
from review.desk.preferences import lineups, record_preference
from review.desk.preferences import queries as said
from review.models import Assignment, Draft, Gold, Preference, Record, Task
from review.states import AssignmentState, DraftState
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS, STEPS = 6, 150 if os.environ.get("STRESS") == "1" else 12


def one_client(member: Member, task: Task, seed: int, told: Counter[str]) -> None:
    chance = random.Random(seed)
    try:
        for _ in range(STEPS):
            try:
                told[one_step(member, task, chance)] += 1
            except (Refusal, Http404) as refusal:
                told[getattr(refusal, "code", "gone")] += 1
            except OperationalError:
                told["busy"] += 1
    finally:
        connections.close_all()


def one_step(member: Member, task: Task, chance: random.Random) -> str:
    """Choose, judge a card, or take the last preference back."""
    last = said.last_of(member, task)
    if last is not None and chance.random() < 0.3:
        record_preference.take_back(last.pk, by=member, id=uuid4())
        return "taken back"
    if chance.random() < 0.3 and (deck := desk_deck.deal(member, task, count=1)):
        card = deck[0]
        decisions.record(card.draft_id, by=member, id=uuid4(), verdict="accept", if_match=card.etag)
        return "judged"
    lineup = lineups.next_lineup(member, task)
    if lineup is None:
        return "nothing"
    shown = [draft.pk for draft in lineup.drafts]
    record_preference.choose(
        task, by=member, id=uuid4(), record_id=lineup.record.pk, shown=shown, chosen=chance.choice(shown)
    )
    return "chosen"


def test_racing_clients_leave_every_draft_in_one_place(
    task: Task, records: list[Record], expert: Member, other: Member, make_member
) -> None:
    source = factories.make_source(task)
    more = factories.make_records(source, CLIENTS * STEPS // 6)
    for take in range(3):
        texts = [factories.mail(record, extra=f" Take {take}.") for record in more]
        factories.make_drafts(task, more, fields=texts)
    members = [expert, other, *(make_member(f"r{n}") for n in range(CLIENTS - 2))]
    for member in members:
        factories.join(member, task)
    told: Counter[str] = Counter()

    threads = [threading.Thread(target=one_client, args=(member, task, n, told)) for n, member in enumerate(members)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told["chosen"] > CLIENTS
    assert told["busy"] == 0
    standing = list(said.standing(task))
    chosen = [preference.chosen_id for preference in standing]
    lost = [UUID(name) for preference in standing for name in preference.shown if UUID(name) != preference.chosen_id]
    assert len(chosen) == len(set(chosen)), "a draft was chosen twice"
    assert len(lost) == len(set(lost)), "a draft left the desk twice"
    kept = set(Draft.objects.filter(state=DraftState.KEPT).values_list("pk", flat=True))
    assert kept == set(lost), "what left the desk left it by a preference that stands"
    assert not Gold.objects.filter(draft__in=kept).exists()
    assert not Assignment.objects.filter(draft__in=kept, state=AssignmentState.ACTIVE).exists()
    held = Assignment.objects.filter(state=AssignmentState.ACTIVE).values_list("draft_id", flat=True)
    leased = Draft.objects.filter(state=DraftState.LEASED).values_list("pk", flat=True)
    assert sorted(held) == sorted(leased)
    assert Preference.objects.count() == told["chosen"] + told["taken back"]
