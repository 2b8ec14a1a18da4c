"""What a writer is told of the mails before: that nobody answered, or of what class the answer is."""

from __future__ import annotations

from review.spec.prompting import after_facts

SENT = {"subject": "Depot", "body": "How is the new depot doing?"}


def test_a_follow_up_is_told_of_silence_as_ever():
    assert after_facts([SENT]) == (
        "\n\nThe reader got this before and has not answered:\n\nMail 1\nSubject: Depot\n\n"
        "How is the new depot doing?\n\n"
        "Write mail 2 of this thread: a follow-up that refers to what was sent in a few words, brings one thing it "
        "did not say, and repeats none of its sentences."
    )


def test_a_mail_that_takes_up_an_answer_is_told_its_class():
    prompt = after_facts([SENT, {**SENT, "reply_class": "Asks something"}])

    assert "The answer was sorted as: Asks something." in prompt
    assert "has not answered" not in prompt
    assert "Write mail 3 of this thread" in prompt
