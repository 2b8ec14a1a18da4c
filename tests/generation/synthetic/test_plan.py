"""What synthetic records are to be like: dealt evenly, never twice the same, and the same in every attempt."""

from __future__ import annotations

from collections import Counter

import pytest

from generation.synthetic import plan as prompt
from generation.synthetic.plan import plan_of
from review.spec.json_schema import output_json_schema
from review.spec.schema import InputField
from review.spec.task_spec import TaskSpec
from tests.generation.synthetic.conftest import SPEC

TASK = TaskSpec.model_validate(SPEC)
SEEDS = [
    {"customer": "A", "ticket": "x", "amount": 10, "bought": "2026-01-01", "order": {"id": "A1", "items": ["lamp"]}},
    {"customer": "B", "ticket": "y", "amount": 30, "bought": "2026-02-01", "order": {"id": "B1", "items": []}},
    {"customer": "C", "ticket": "z", "amount": 110, "bought": "2026-12-31"},
]


@pytest.mark.slow
def test_a_thousand_plans_differ_and_labels_come_equally_often() -> None:
    plans = [plan_of(TASK.input_schema, {}, SEEDS, key="k", number=number) for number in range(1_000)]

    assert len({tuple(plan.traits.items()) for plan in plans}) == 1_000
    products = Counter(plan.values["product"] for plan in plans)
    assert set(products) == {"kettle", "lamp", "toaster"} and max(products.values()) - min(products.values()) <= 1
    assert Counter(plan.values["paid"] for plan in plans) == {"true": 500, "false": 500}
    assert plans == [plan_of(TASK.input_schema, {}, SEEDS, key="k", number=number) for number in range(1_000)]
    assert plans[0] != plan_of(TASK.input_schema, {}, SEEDS, key="another order", number=0)


def test_numbers_and_days_are_dealt_over_the_range_of_the_examples() -> None:
    plans = [plan_of(TASK.input_schema, {}, SEEDS, key="k", number=number) for number in range(10)]
    unknown = plan_of(TASK.input_schema, {}, SEEDS[:1], key="k", number=0)

    amounts = sorted(float(plan.values["amount"].removeprefix("about ")) for plan in plans)
    assert all(10 + 10 * tenth <= amount <= 20 + 10 * tenth for tenth, amount in enumerate(amounts))
    assert all("2026-01-01" <= plan.values["bought"] <= "2026-12-31" for plan in plans)
    assert not {"amount", "bought"} & set(unknown.values)


def test_a_lead_says_what_varies_and_may_decide_a_fact() -> None:
    attributes = {"region": ["north", "south"], "product": ["lamp", "kettle"]}

    plans = [plan_of(TASK.input_schema, attributes, [], key="k", number=number) for number in range(4)]

    assert Counter(plan.traits["region"] for plan in plans) == {"north": 2, "south": 2}
    assert Counter(plan.values["product"] for plan in plans) == {"lamp": 2, "kettle": 2}


def test_values_alone_have_no_manner() -> None:
    schema = (InputField(name="paid", type="boolean"),)

    assert plan_of(schema, {}, [], key="k", number=0).traits == {}


def test_the_answer_holds_the_facts_by_type() -> None:
    made = prompt.record_task(TASK, SEEDS)
    [records] = made.output_schema
    bare = {item.name: item.type for item in prompt.record_task(TASK, []).output_schema[0].items}

    types = {item.name: item.type for item in records.items}
    assert types["product"] == "choice" and types["bought"] == "date" and types["order"] == "object"
    assert bare.keys() == types.keys() - {"order"}
    assert output_json_schema(made)["properties"]["records"]["type"] == "array"


def test_a_conversation_is_asked_for_turn_by_turn_and_an_unknown_object_is_refused() -> None:
    talk = TASK.model_copy(update={"input_schema": (InputField(name="talk", type="conversation", required=True),)})
    blind = TASK.model_copy(update={"input_schema": (InputField(name="order", type="object", required=True),)})

    [item] = prompt.record_task(talk, []).output_schema[0].items
    with pytest.raises(ValueError, match="no example shows its parts"):
        prompt.record_task(blind, [])

    assert (item.type, [part.name for part in item.items]) == ("list", ["role", "content"])


def test_calls_show_other_examples_and_other_plans() -> None:
    seeds = [{"customer": f"Firm {number}", "ticket": "Help."} for number in range(20)]
    first, second = (
        prompt.conversation(TASK, seeds, about="", attributes={}, key="k", first=first, count=5)[1]["content"]
        for first in (0, 10)
    )

    assert '"Firm 0"' in first and '"Firm 0"' not in second
    assert first.count("\nRecord ") == 5
    assert "Write 5 records" in first


def test_examples_older_than_the_type_of_a_fact_tell_no_range_and_break_nothing() -> None:
    odd = [
        {"amount": "ten", "bought": "in May"}, {"amount": True, "bought": 2026},
        {"amount": None, "bought": "2026-13-01"}, {"amount": 5, "bought": "2026-01-01"},
    ]  # fmt: skip

    alone = plan_of(TASK.input_schema, {}, odd, key="k", number=0)
    among = plan_of(TASK.input_schema, {}, [*odd, *SEEDS], key="k", number=0)

    assert "amount" not in alone.values and "bought" not in alone.values
    assert 5 <= float(among.values["amount"].removeprefix("about ")) <= 110
    assert "2026-01-01" <= among.values["bought"] <= "2026-12-31"
