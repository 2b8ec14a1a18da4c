"""Labels of defects are true: what a draft is said to have, it has, and nothing else."""

import random

import pytest

from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from demo.offline_teacher import write
from demo.offline_teacher.defects import FAULTS
from demo.offline_teacher.mail import compose

FIELDS = [{"name": "subject", "type": "text"}, {"name": "body", "type": "text"}]
RECORDS = prospects(300)


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
