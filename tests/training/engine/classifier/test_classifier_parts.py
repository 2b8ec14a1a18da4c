"""Fields of heads, their targets and values, and the scores of predictions."""

from __future__ import annotations

import pytest
import torch

from tests.training.engine.classifier.conftest import HEADS, LABELS, SEVERAL
from training.engine.classifier import loading, prediction
from training.engine.classifier.fields import HeadField, HeadSet
from training.engine.classifier.network import EncoderWithHeads, Scaler, mean_of_tokens
from training.engine.classifier.objective import balanced_weights
from training.engine.classifier.prediction import predict
from training.engine.classifier.rows import TargetRow
from training.engine.contracts import StudentRef

BARE, WHOLE = HeadSet.model_validate(HEADS), HeadSet.model_validate(SEVERAL)


def test_a_bare_label_is_its_number_and_back():
    assert BARE.targets_of(" how to\n") == [2.0]
    assert BARE.answer({"category": BARE.fields[0].value_of(2)}) == "how to"


def test_an_object_gives_each_head_its_target_and_none_for_what_it_does_not_say():
    completion = WHOLE.answer({"category": "bug", "urgent": True, "amount": 12.5})

    assert WHOLE.targets_of(completion) == [1.0, 1.0, 12.5]
    assert WHOLE.targets_of('{"category": "bug", "urgent": null}') == [1.0, None, None]


@pytest.mark.parametrize(
    ("completion", "named"),
    [
        ('{"category": "Bug"}', "'Bug' is none of its 4 labels"),
        ('{"urgent": 1}', "neither true nor false"),
        ('{"amount": true}', "not a finite number"),
        ('{"amount": 1e400}', "finite|too large|Infinity|infinite|1e400"),
        ('{"amount": NaN}', "NaN"),
        ("{}", "no value for any"),
        ("[1]", "expected an object"),
        ("bug", "Expecting value"),
    ],
)
def test_what_is_no_value_is_named(completion, named):
    with pytest.raises(ValueError, match=named):
        WHOLE.targets_of(completion)


@pytest.mark.parametrize("said", ["true", "Yes"])
def test_a_bare_boolean_is_read_as_people_write_it(said):
    heads = HeadSet(fields=(HeadField(name="urgent", type="boolean"),), is_bare=True)

    assert heads.targets_of(said) == [1.0]
    assert heads.answer({"urgent": True}) == "true"


def test_numbers_keep_to_their_range_and_their_digits():
    amount = HeadField(name="amount", type="number", minimum=0, maximum=100, decimals=1)
    count = HeadField(name="count", type="integer", minimum=1)

    assert [amount.value_of(each) for each in (-3.0, 120.0, 12.345, 12.04)] == [0, 100, 12.3, 12]
    assert [count.value_of(each) for each in (-3.0, 2.6)] == [1, 3]


def test_labels_are_two_at_least_and_each_once():
    with pytest.raises(ValueError, match="at least two labels"):
        HeadField(name="category", type="choice", labels=("bug", "bug"))
    with pytest.raises(ValueError, match="other types have none"):
        HeadField(name="urgent", type="boolean", labels=("yes", "no"))


def test_macro_f1_is_the_mean_over_labels():
    predicted, actual = [0, 0, 1, 2, 2], [0, 1, 1, 1, 2]

    assert prediction.accuracy(predicted, actual) == 0.6
    # F1 by hand: label 0: 2/3, label 1: 2/4, label 2: 2/3.
    assert prediction.macro_f1(predicted, actual, classes=LABELS) == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 3)


def test_scores_of_several_fields_leave_out_what_a_row_does_not_say():
    measured = prediction.scores_of(WHOLE, [(1, 1, 10.0), (2, 0, 99.0)], [(1, 1, 12.0), (2, None, None)])

    assert measured == {
        "category_accuracy": 1.0, "category_macro_f1": 1.0, "urgent_accuracy": 1.0, "urgent_macro_f1": 1.0,
        "amount_mae": 2.0, "exact": 0.5,
    }  # fmt: skip


def test_rare_labels_weigh_more_and_weights_have_a_mean_of_one():
    rows = [TargetRow(str(n), [1], (float(n == 0),)) for n in range(10)]

    weights = balanced_weights(BARE, rows)["category"]

    assert weights == pytest.approx((10 / 18, 5.0, 1.0, 1.0))
    assert (9 * weights[0] + weights[1]) / 10 == pytest.approx(1)


def test_a_number_that_never_changes_is_only_shifted():
    assert Scaler.over([4.0, 4.0]) == Scaler(mean=4.0, deviation=1.0)
    assert Scaler.over([1.0, 3.0]) == Scaler(mean=2.0, deviation=1.0)


def test_padding_is_no_part_of_the_mean():
    hidden = torch.tensor([[[1.0], [3.0], [100.0]]])

    assert mean_of_tokens(hidden, torch.tensor([[1, 1, 0]])).item() == 2


def test_a_prediction_does_not_hang_on_what_shares_its_batch(encoder):
    opened = loading.open_encoder(StudentRef(path=str(encoder("modernbert"))))
    model = EncoderWithHeads(loading.load_encoder(opened, dtype=torch.float32), BARE, {}, seed=4).eval()
    prompts = [[1, *range(5, 5 + length), 2] for length in (3, 60, 9, 30)]
    cpu = torch.device("cpu")

    together = predict(model, BARE, prompts, pad=0, device=cpu)
    alone = [predict(model, BARE, [prompt], pad=0, device=cpu)[0] for prompt in prompts]

    for one, other in zip(together, alone, strict=True):
        assert list(one.probabilities["category"]) == LABELS
        assert one.probabilities["category"] == pytest.approx(other.probabilities["category"], abs=1e-6)
