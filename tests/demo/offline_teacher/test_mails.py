"""What holds for the mails the offline teacher writes for the demo's prospects."""

import subprocess
import sys
from pathlib import Path

import pytest

from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from demo.offline_teacher import OfflineDraft, tokens, write

ROOT = Path(__file__).parents[3]
MAIL_FIELDS = [{"name": "subject", "type": "text"}, {"name": "body", "type": "text"}]
RECORDS = prospects(200)


def mails(defect_rate: float) -> list[OfflineDraft]:
    return [
        write(facts=facts, offer=OFFER, output_fields=MAIL_FIELDS, seed=seed, defect_rate=defect_rate)
        for seed, facts in enumerate(RECORDS)
    ]


@pytest.fixture(scope="module")
def mixed() -> list[OfflineDraft]:
    return mails(0.25)


def told(draft: OfflineDraft) -> str:
    """Return the body between greeting and signature."""
    return draft.fields["body"].split("\n\n", 1)[1].removesuffix(OFFER["signature"]).strip()


def test_about_a_quarter_has_one_or_two_defects(mixed: list[OfflineDraft]) -> None:
    faulty = [draft for draft in mixed if draft.defects]

    assert 35 <= len(faulty) <= 65
    assert {len(draft.defects) for draft in faulty} == {1, 2}


@pytest.mark.slow
def test_two_processes_with_their_own_hash_seeds_write_the_same_drafts() -> None:
    script = (
        "import json; from demo.offline_teacher import write; from demo.data.offer import OFFER; "
        "from demo.data.prospects.generate import prospects; "
        f"fields = {MAIL_FIELDS!r}; "
        "print(json.dumps([write(facts=facts, offer=OFFER, output_fields=fields, seed=7, defect_rate=0.5).fields "
        "for facts in prospects(20)]))"
    )

    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 10_000


def test_a_record_of_one_fact_and_no_offer_still_get_a_mail() -> None:
    draft = write(facts={"company": "Tin & Teal"}, offer={}, output_fields=MAIL_FIELDS, seed=1, defect_rate=0)

    assert "Tin & Teal" in draft.fields["body"]
    assert draft.fields["body"].count("?") == 1


def test_a_schema_without_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="no field"):
        write(facts=RECORDS[0], offer=OFFER, output_fields=[], seed=1)


@pytest.mark.parametrize(("text", "count"), [("", 0), ("a", 1), ("four", 1), ("fours", 2)])
def test_tokens_are_a_quarter_of_the_characters_rounded_up(text: str, count: int) -> None:
    assert tokens(text) == count
