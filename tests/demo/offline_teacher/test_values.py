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


def test_a_spoilt_label_is_another_one_and_is_named() -> None:
    label = [field for field in FIELDS if field["type"] == "choice"]

    draft = write(facts=FACTS, offer={}, output_fields=label, seed=1, defect_rate=1)

    assert draft.defects == (values.WRONG_LABEL,)
    assert draft.fields["category"] != "billing"


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
