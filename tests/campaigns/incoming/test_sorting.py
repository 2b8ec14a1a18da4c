"""Rules decide what must not wait; a person's reply that none decides is for a person,
or for who was chosen to sort.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.replies import sorting
from campaigns.states import NO_REPLIES, ReplyClass

FEW = {each.value: 0.005 for each in ReplyClass}
# Lines `class|subject|text`: what programs write, and people who mention the same.
NOTICES = [line.split("|", 2) for line in (Path(__file__).parent / "notices.txt").read_text().splitlines()]
LEAVES = "Please remove me from your list."
AWAY = "I am out of the office until 3 May. In urgent cases call reception."


def sort(text: str, headers: dict[str, str] | None = None, **shares: float) -> sorting.SortedReply:
    reply = sorting.received("Re: Invoices", text, headers)
    return sorting.sort(reply, probabilities={**FEW, **shares} if shares else None, by="small" if shares else "rules")


@pytest.mark.parametrize("text", ["What does it cost?", "Sounds good, call me on Tuesday.", "Not interested.", ""])
def test_what_no_rule_decides_is_other_not_sure_and_waits_for_a_person(text):
    read = sort(text)

    assert (read.reply_class, read.by, read.is_sure, read.may_be_optout) == (ReplyClass.OTHER, "rules", False, False)


@pytest.mark.parametrize(("kind", "subject", "text"), NOTICES)
def test_words_of_people_and_of_programs_are_told_apart(kind, subject, text):
    decided = sorting.sort(sorting.received(subject, text))

    assert (decided.reply_class.value if decided.confidence else "person") == kind


@pytest.mark.parametrize(
    "headers",
    [
        {"Precedence": "list"},
        {"Precedence": "bulk"},
        {"X-Auto-Response-Suppress": "All"},
        {"List-Unsubscribe": "<https://relay.example/u>"},
        {"X-Mailer": "Relay 4"},
    ],
)
def test_fields_that_relays_put_on_peoples_mails_prove_nothing(headers):
    assert sort("Yes, Tuesday at ten.", headers).confidence == 0
    assert sort(LEAVES, headers).reply_class == ReplyClass.UNSUBSCRIBE
    assert sort("We are shut this week.", headers).reply_class == ReplyClass.OUT_OF_OFFICE


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated"},
        {"X-Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Return-Path": "<>"},
        {"From": "no-reply@firm.example"},
        {"Content-Type": "multipart/report; report-type=delivery-status"},
    ],
)
def test_fields_that_only_programs_set_decide_unless_the_words_ask_to_leave(headers):
    assert sort("Hello", headers).reply_class == ReplyClass.MACHINE
    assert sort(AWAY, headers).reply_class == ReplyClass.OUT_OF_OFFICE
    assert sort(LEAVES, headers).reply_class == ReplyClass.UNSUBSCRIBE
    assert sort("This is my private address.", headers).may_be_optout


def test_a_wish_beside_the_words_of_a_notice_under_a_programs_field_is_for_a_person():
    text = "Ben Ott is no longer with the company. Please remove this address from your list."

    by_field, by_words = sort(text, {"Auto-Submitted": "auto-replied"}), sort(text)

    assert (by_field.reply_class in NO_REPLIES, by_field.may_be_optout, by_field.is_sure) == (True, True, False)
    assert by_words.reply_class == ReplyClass.UNSUBSCRIBE


def test_a_notice_that_offers_to_unsubscribe_is_held_for_nobody():
    text = "Your ticket 4711 was created. To unsubscribe from updates, use the link below. Do not reply to this e-mail."

    read = sort(text, {"Auto-Submitted": "auto-generated"})

    assert (read.reply_class, read.may_be_optout) == (ReplyClass.MACHINE, False)


def test_a_miniature_says_the_rest_by_its_own_share():
    read = sort("Is the pilot free?", question=0.9)

    assert (read.reply_class, read.confidence, read.by, read.is_sure) == (ReplyClass.QUESTION, 0.9, "small", True)
    assert not sort("Is the pilot free?", question=0.5).is_sure


def test_a_wish_that_only_the_miniature_reads_may_be_one_and_stops_nothing_for_good():
    perhaps, hardly = (sort("Hm, well then.", unsubscribe=share, interested=1 - share) for share in (0.95, 0.05))

    assert (perhaps.reply_class, perhaps.may_be_optout, perhaps.is_sure) == (ReplyClass.INTERESTED, True, False)
    assert (hardly.reply_class, hardly.may_be_optout, hardly.is_sure) == (ReplyClass.INTERESTED, False, True)


def test_who_asks_to_stay_is_not_held_for_a_miniature_that_misreads_it():
    stays = sort("Please do not unsubscribe me, Thursday is fine.", unsubscribe=0.6, interested=0.4)

    assert (stays.reply_class, stays.may_be_optout) == (ReplyClass.INTERESTED, False)


def test_a_wish_that_may_be_meant_is_never_sure_whatever_the_miniature_says():
    read = sort("How often do I have to say it?", interested=0.97)

    assert (read.reply_class, read.may_be_optout, read.is_sure) == (ReplyClass.INTERESTED, True, False)


def test_a_wish_that_both_readers_see_is_heeded_where_the_miniature_is_sure():
    sure, perhaps = (sort("How often do I have to say it?", unsubscribe=share) for share in (0.9, 0.6))

    assert (sure.reply_class, sure.may_be_optout, sure.is_sure) == (ReplyClass.UNSUBSCRIBE, False, True)
    assert (perhaps.reply_class, perhaps.may_be_optout, perhaps.is_sure) == (ReplyClass.UNSUBSCRIBE, True, False)


def test_a_bare_subject_is_a_wish_too():
    assert sorting.sort(sorting.received("unsubscribe", "")).reply_class == ReplyClass.UNSUBSCRIBE
    assert sorting.sort(sorting.received("Re: unsubscribe rates fell", "What does it cost?")).confidence == 0


@pytest.mark.parametrize(
    "subject", ["Please remove me from your list", "Rezygnacja z newslettera", "配信停止", "ยกเลิกการรับข่าวสาร"]
)
def test_a_wish_in_a_subject_of_the_writers_own_counts_without_a_text(subject):
    read = sorting.sort(sorting.received(subject, ""))

    assert read.may_be_optout or read.reply_class == ReplyClass.UNSUBSCRIBE


@pytest.mark.parametrize("subject", ["Re: {}", "ตอบกลับ: {}", "Odg: {}", "Fwd: {}", "رد: {}"])
def test_a_subject_that_answers_ours_is_no_wish_of_its_writers(subject):
    read = sorting.sort(sorting.received(subject.format("Remove me from your list"), "Yes, Tuesday."))

    assert (read.reply_class, read.may_be_optout) == (ReplyClass.OTHER, False)


def test_a_programs_title_before_our_subject_is_no_wish():
    read = sorting.sort(sorting.received("Automatic reply: Remove me from your list", "I am away until Monday."))

    assert (read.reply_class, read.may_be_optout) == (ReplyClass.OUT_OF_OFFICE, False)
