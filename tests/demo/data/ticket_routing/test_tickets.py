"""Tickets are drawn from many constructions; those held out are another hand's, and share next to nothing with them."""

from __future__ import annotations

from collections import Counter

from demo.data import ticket_routing as tickets
from demo.data.ticket_routing import QUEUES, TICKET_ROUTING
from tests.demo.overlap import overlap


def _texts(records) -> list[str]:
    return [f"{record.facts['subject']}\n{record.facts['body']}" for record in records]


def test_at_least_2000_tickets_are_generated_each_queue_equally_often() -> None:
    drawn = tickets.records()

    assert len(drawn) >= 2_000
    assert len(set(Counter(record.fields["queue"] for record in drawn).values())) == 1
    assert len({record.facts["body"] for record in drawn}) == len(drawn)
    assert tickets.records.__wrapped__() == drawn


def test_no_construction_makes_more_than_one_in_twenty_tickets_of_its_queue() -> None:
    for queue in QUEUES:
        lines = tickets.phrases(queue)["wants"]
        drawn = Counter(tickets.repeated(lines))
        assert max(drawn.values()) / drawn.total() < 0.05
        assert len(lines) >= 80


def test_300_tickets_of_another_hand_are_held_out_with_customers_of_their_own() -> None:
    held_out = [each for each in TICKET_ROUTING.records() if TICKET_ROUTING.split_of(each) == "test"]
    others = [each for each in TICKET_ROUTING.records() if TICKET_ROUTING.split_of(each) != "test"]

    assert len(held_out) == 308
    assert held_out == list(tickets.held_out())
    assert not {each.facts["customer"] for each in held_out} & {each.facts["customer"] for each in others}
    assert set(Counter(each.fields["queue"] for each in held_out)) == set(QUEUES)


def test_customers_of_training_and_validation_differ() -> None:
    sides: dict[str, set[str]] = {}
    for each in tickets.records():
        sides.setdefault(TICKET_ROUTING.split_of(each), set()).add(each.facts["customer"])

    assert sides.keys() == {"train", "validation"}
    assert not sides["train"] & sides["validation"]


def test_40_newer_tickets_and_more_are_for_training_and_none_repeats_another() -> None:
    newer, others = tickets.newer(), TICKET_ROUTING.records()

    assert len(newer) >= 40
    assert {TICKET_ROUTING.split_of(each) for each in newer} == {"train"}
    assert len(set(Counter(each.fields["queue"] for each in newer).values())) == 1
    for fact in ("id", "body"):
        assert len({each.facts[fact] for each in (*newer, *others)}) == len(newer) + len(others)


def test_held_out_tickets_share_less_than_a_thousandth_of_their_8_grams_with_the_generated_ones() -> None:
    assert overlap(_texts(tickets.held_out()), _texts((*tickets.records(), *tickets.newer()))) < 0.001


def test_a_generated_ticket_names_other_queues_things_now_and_then() -> None:
    others = [each for each in tickets.records() if each.fields["queue"] != "billing"]
    share = sum("invoice" in each.facts["body"].lower() for each in others) / len(others)

    assert share > 0.005
