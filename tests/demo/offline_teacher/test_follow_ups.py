"""What holds for the follow-ups of the offline teacher, over the demo's prospects."""

from __future__ import annotations

from campaigns.compose import repeats
from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from demo.offline_teacher import OfflineDraft, write
from tests.demo.offline_teacher.test_mails import MAIL_FIELDS

RECORDS = prospects(60)


def pairs() -> list[tuple[OfflineDraft, OfflineDraft]]:
    """First mails and their follow-ups, by record."""
    made = []
    for seed, facts in enumerate(RECORDS):
        first = write(facts=facts, offer=OFFER, output_fields=MAIL_FIELDS, seed=seed, defect_rate=0)
        second = write(
            facts=facts, offer=OFFER, output_fields=MAIL_FIELDS, seed=seed, defect_rate=0, thread=[first.fields]
        )
        made.append((first, second))
    return made


def test_a_follow_up_refers_to_the_first_mail_and_repeats_none_of_its_sentences() -> None:
    for first, second in pairs():
        told = second.fields["body"].split("\n\n")[1:3]

        assert "mail" in told[0] or "wrote" in told[0]
        assert told[-1].endswith("?")
        assert not any(part in first.fields["body"] for part in " ".join(told).split(". "))
        assert repeats.find(second.fields["body"], [first.fields]) is None
        assert 35 <= len(second.fields["body"].split()) < len(first.fields["body"].split())
        assert second.fields["subject"] != first.fields["subject"]


def test_the_same_thread_gives_the_same_follow_up_and_another_thread_another() -> None:
    given = {"facts": RECORDS[0], "offer": OFFER, "output_fields": MAIL_FIELDS, "seed": 3}

    one, again = (write(**given, thread=[{"subject": "A", "body": "One."}]) for _ in range(2))
    texts = {write(**given, thread=[{"subject": "A", "body": f"{n}"}]).fields["body"] for n in range(8)}

    assert one == again
    assert len(texts) > 1
