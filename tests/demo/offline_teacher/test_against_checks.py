"""The offline teacher measured by the desk's automatic checks: clean drafts pass, labelled defects are marked."""

from collections import Counter

import pytest

from demo.data.handwritten_drafts import faults, hand_drafts
from demo.data.offer import OFFER
from demo.data.prospects.generate import FACTS, prospects
from demo.offline_teacher import OfflineDraft, write
from demo.offline_teacher.defects import FAULTS
from review.spec.task_spec import TaskSpec
from review.text.checks import CHECKS, run

RECORDS = prospects()
FIELDS = [
    {"name": "subject", "role": "subject", "max_chars": 50},
    {"name": "body", "role": "body", "min_words": 60, "max_words": 150},
]
SPEC = TaskSpec.model_validate(
    {
        "instruction": "Write the outreach e-mail.",
        "offer": OFFER,
        "input_schema": [{"name": name, "role": "group" if name == "company" else ""} for name in FACTS],
        "output_schema": FIELDS,
        "slots": ["contact.first_name"],
        "checks": [{"kind": kind} for kind in CHECKS],
        "teacher_template": "{{instruction}}\n{{facts}}",
        "student_template": "{{instruction}}\n{{facts}}",
    }
)


def drafts(defect_rate: float) -> list[OfflineDraft]:
    return [
        write(facts=facts, offer=OFFER, output_fields=FIELDS, seed=seed, defect_rate=defect_rate)
        for seed, facts in enumerate(RECORDS)
    ]


@pytest.mark.slow
def test_at_most_one_clean_draft_in_a_hundred_is_marked() -> None:
    marked = [draft for draft, facts in zip(drafts(0), RECORDS, strict=True) if run(SPEC, facts, draft.fields)]

    assert len(marked) <= 3


@pytest.mark.slow
def test_the_checks_find_nine_in_ten_of_each_kind_of_defect() -> None:
    made: Counter[str] = Counter()
    found: Counter[str] = Counter()

    for draft, facts in zip(drafts(1), RECORDS, strict=True):
        if len(draft.defects) == 1:
            made[draft.defects[0]] += 1
            found[draft.defects[0]] += bool(run(SPEC, facts, draft.fields))

    assert set(made) == set(FAULTS)
    assert all(found[name] >= 0.9 * made[name] for name in made), found


def test_of_the_drafts_by_hand_exactly_the_faulty_ones_are_marked() -> None:
    facts = {record["company"]: record for record in RECORDS}

    marked = {
        draft["company"]
        for draft in hand_drafts()
        if run(SPEC, facts[draft["company"]], {"subject": draft["subject"], "body": draft["body"]})
    }

    assert marked == set(faults())
