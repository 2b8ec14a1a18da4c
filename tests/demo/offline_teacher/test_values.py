"""The offline teacher writes values of every type, and spoils a label now and then, under its name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from demo.offline_teacher import values, write
from demo.offline_teacher.client import OfflineClient
from generation.engine.clients.interface import Question
from generation.engine.contracts import TeacherSpec
from review.spec import prompting
from review.spec.schema import InputField
from tests.review.factories import triage_spec
from tests.review.spec.test_json_schema import SPEC

FACTS = {"company": "Lund Works", "text": "The billing is wrong: you charged 14.5 EUR twice. Nothing came."}
FIELDS = [field.model_dump(mode="json") for field in triage_spec(with_reasoning=False).output_schema]


def test_values_are_read_off_the_record() -> None:
    fields = write(facts=FACTS, offer={}, output_fields=FIELDS, seed=1, defect_rate=0).fields

    assert fields == {"category": "billing", "urgent": False, "amount": 14.5}


def test_one_value_is_spoilt_and_the_fault_names_its_kind() -> None:
    spoilt_by = {"category": values.WRONG_LABEL, "urgent": values.WRONG_ANSWER}
    clean = write(facts=FACTS, offer={}, output_fields=FIELDS, seed=1, defect_rate=0).fields

    drafts = [write(facts=FACTS, offer={}, output_fields=FIELDS, seed=seed, defect_rate=1) for seed in range(30)]

    changed = [[name for name in clean if draft.fields[name] != clean[name]] for draft in drafts]
    assert {name for names in changed for name in names} == set(spoilt_by)
    assert [draft.defects for draft in drafts] == [tuple(spoilt_by[name] for name in names) for names in changed]
    assert all(len(names) == 1 for names in changed)


@pytest.mark.parametrize("seed", range(12))
def test_every_draft_fits_its_task(seed: int) -> None:
    spec = SPEC.model_copy(update={"input_schema": (InputField(name="text"),)})
    client = OfflineClient(TeacherSpec.model_validate(teacher()), spec)
    asked = [{"role": "user", "content": "x"}]
    question = Question(call_id="c", messages=asked, facts=FACTS, seed=seed, repeat=0)

    reply = asyncio.run(client.ask(question))

    assert prompting.parse(spec, reply.text)["topic"] in ("Billing", "Über uns", "none of these")


def teacher() -> dict[str, Any]:
    return {"name": "Offline", "provider": "offline", "model": "offline-composer", "parameters": {}}
