"""Facts given to a miniature on the spot, in the types of the task's input."""

from __future__ import annotations

import pytest

from review.spec.schema import InputField
from tests.review.factories import triage_spec
from training.miniatures.writing import read_facts
from web.errors import Refusal


def test_a_quote_and_a_number_that_do_not_fit_are_told_beside_their_facts() -> None:
    facts = (
        InputField(name="page"),
        InputField(name="quote", type="quote"),
        InputField(name="stars", type="integer", minimum=1, maximum=5),
    )
    spec = triage_spec().model_copy(update={"input_schema": facts})

    assert read_facts(spec, {"page": "It rains.", "quote": "rains", "stars": "5"})["stars"] == 5
    with pytest.raises(Refusal) as refusal:
        read_facts(spec, {"page": "It rains.", "quote": "snows", "stars": "0"})
    assert refusal.value.errors == {
        "quote": ["'quote' is 'snows', which is not in any other fact letter by letter."],
        "stars": ["'stars' is 0, below its least value 1."],
    }
