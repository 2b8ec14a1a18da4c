"""Labels of defects are true: what a draft is said to have, it has, and nothing else."""

import random
import re

import pytest

from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from demo.offline_teacher import OfflineDraft, write
from demo.offline_teacher.defects import FAULTS, OTHER_COMPANIES, OTHER_PLACES
from demo.offline_teacher.mail import compose

FIELDS = [{"name": "subject", "type": "text"}, {"name": "body", "type": "text"}]
RECORDS = prospects(300)
OFFER_TEXT = " ".join(value if isinstance(value, str) else " ".join(value) for value in OFFER.values())


def found(body: str, facts: dict[str, str]) -> set[str]:
    """Name the defects a body shows, by rules of this test's own."""
    told = body.split("\n\n", 1)[1].removesuffix(OFFER["signature"])
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", told) if part]
    known = set(re.findall(r"\d+", " ".join(facts.values()) + OFFER_TEXT))
    signs = {
        "no_ask": "?" not in told,
        "too_long": len(body.split()) > 160,
        "spam_words": bool(re.search(r"!|100% free", told)),
        "forbidden_phrase": any(phrase in told for phrase in OFFER["forbidden_phrases"]),
        "placeholder": bool(re.search(r"\[[A-Z]", told)),
        "repeated_sentence": len(set(sentences)) < len(sentences),
        "wrong_name": any(name in told for name in OTHER_COMPANIES),
        "number": bool(set(re.findall(r"\d+", told.replace("100%", ""))) - known),
        "place": any(place in told for place in OTHER_PLACES),
    }
    return {name for name, shows in signs.items() if shows}


def expected(draft: OfflineDraft, shown: set[str]) -> set[str]:
    """Put labels into the words of `found`: a wrong fact is a number or a place, an unsupported claim a number."""
    labels = set(draft.defects)
    plain = labels - {"wrong_fact", "unsupported_claim"}
    if "unsupported_claim" in labels:
        plain.add("number")
    if "wrong_fact" in labels:
        plain |= shown & {"number", "place"}
    return plain


@pytest.mark.parametrize("part", range(4))
def test_a_draft_shows_the_defects_of_its_labels_and_no_other(part: int) -> None:
    for seed, facts in enumerate(RECORDS[part::4]):
        draft = write(facts=facts, offer=OFFER, output_fields=FIELDS, seed=seed, defect_rate=1)

        shown = found(draft.fields["body"], facts)

        assert draft.defects
        assert shown == expected(draft, shown), draft
        assert "wrong_fact" not in draft.defects or shown & {"number", "place"}


def test_a_draft_without_labels_shows_no_defect() -> None:
    for seed, facts in enumerate(RECORDS):
        draft = write(facts=facts, offer=OFFER, output_fields=FIELDS, seed=seed, defect_rate=0)

        assert found(draft.fields["body"], facts) == set()
        assert not re.search(r"[\[\]{}]", draft.fields["body"].replace("{{contact.first_name}}", ""))


@pytest.mark.parametrize("name", list(FAULTS))
def test_each_fault_can_be_put_into_most_mails(name: str) -> None:
    done = 0

    for seed, facts in enumerate(RECORDS[:50]):
        mail = compose(facts, OFFER, random.Random(seed))
        before = mail.body
        changed = FAULTS[name](mail, facts, OFFER, random.Random(seed))
        done += changed
        assert changed == (mail.body != before) or name == "too_long"

    assert done >= 45


def test_a_fault_that_cannot_be_put_in_is_not_claimed() -> None:
    silent = {**OFFER, "forbidden_phrases": []}

    drafts = [
        write(facts=facts, offer=silent, output_fields=FIELDS, seed=seed, defect_rate=1)
        for seed, facts in enumerate(RECORDS[:100])
    ]

    assert all(draft.defects for draft in drafts)
    assert not any("forbidden_phrase" in draft.defects for draft in drafts)
