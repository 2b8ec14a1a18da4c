"""Draws by seed, position and token: the softmax's distribution, exact shares, and nothing of a neighbour's."""

from __future__ import annotations

import pytest
import torch

from training.engine.model.sampling import TokenSampling, in_top_p, sample_tokens

pytestmark = pytest.mark.engine
SIZE = 40
DRAWS = 6000
# Chi-square with so many degrees of freedom lies below this in 999 of 1,000 draws of the very distribution.
CRITICAL_39 = 72.1


def scores_of(size: int, seed: int = 1, spread: float = 1.5) -> torch.Tensor:
    return torch.randn(1, size, generator=torch.Generator().manual_seed(seed)) * spread


def chi_square(drawn: list[int], expected: torch.Tensor) -> float:
    seen = torch.bincount(torch.tensor(drawn), minlength=len(expected)).double()
    wanted = expected.double() * len(drawn)
    return float(((seen - wanted) ** 2 / wanted).sum())


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.6])
def test_draws_follow_the_softmax(temperature):
    scores = scores_of(SIZE, spread=1.0)

    drawn = sample_tokens(
        scores.repeat(DRAWS, 1), [TokenSampling(temperature, 1.0, seed, seed % 7) for seed in range(DRAWS)]
    )

    assert chi_square(drawn, torch.softmax(scores[0] / temperature, dim=0)) < CRITICAL_39


def test_positions_of_one_seed_draw_as_independently_as_seeds_do():
    scores = scores_of(SIZE, spread=1.0)

    drawn = sample_tokens(scores.repeat(DRAWS, 1), [TokenSampling(1.0, 1.0, 7, position) for position in range(DRAWS)])

    assert chi_square(drawn, torch.softmax(scores[0], dim=0)) < CRITICAL_39
    pairs = [first * SIZE + second for first, second in zip(drawn[::2], drawn[1::2], strict=True)]
    likeliest = int(scores.argmax()) * (SIZE + 1)
    expected = float(torch.softmax(scores[0], dim=0).max() ** 2) * len(pairs)
    assert abs(pairs.count(likeliest) - expected) < 4 * expected**0.5 + 4


@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.9, 0.999])
def test_a_share_keeps_exactly_what_a_sort_keeps_and_draws_from_it_as_the_softmax_does(top_p):
    scores = scores_of(SIZE)
    ranked, ids = torch.softmax(scores[0], dim=0).sort(descending=True)
    inside = ids[(ranked.cumsum(0) - ranked) < top_p]

    every = torch.arange(SIZE).unsqueeze(1)
    are_in, _ = in_top_p(scores.expand(SIZE, SIZE), every, torch.full((SIZE, 1), top_p))
    drawn = sample_tokens(scores.repeat(DRAWS, 1), [TokenSampling(1.0, top_p, seed, 0) for seed in range(DRAWS)])

    assert set(every[are_in].tolist()) == set(inside.tolist())
    assert set(drawn) <= set(inside.tolist())
    expected = torch.softmax(scores[0], dim=0)[inside]
    places = {int(token): place for place, token in enumerate(inside)}
    assert chi_square([places[token] for token in drawn], expected / expected.sum()) < CRITICAL_39


def test_the_smallest_share_is_the_likeliest_token_and_no_temperature_too():
    scores = scores_of(5000, spread=0.01).repeat(3, 1)

    assert (
        sample_tokens(
            scores, [TokenSampling(1.0, 1e-6, 1, 0), TokenSampling(0, 1.0, 1, 0), TokenSampling(2.0, 1e-6, 9, 4)]
        )
        == [int(scores[0].argmax())] * 3
    )


def test_a_row_draws_alone_what_it_draws_in_a_crowd_of_other_wishes():
    scores = torch.cat([scores_of(3000, seed) for seed in range(8)])
    wishes = [TokenSampling((0, 0.5, 1.0, 1.5)[n % 4], (1.0, 0.9, 0.3)[n % 3], n, n) for n in range(8)]

    together = sample_tokens(scores.clone(), wishes)

    assert together == [sample_tokens(scores[n : n + 1].clone(), [wishes[n]])[0] for n in range(8)]


@pytest.mark.parametrize("top_p", [1.0, 0.9])
def test_scores_that_differ_in_their_last_bits_are_drawn_alike(top_p):
    count, size = 200, 8000
    scores = torch.cat([scores_of(size, seed, spread=1.0) for seed in range(count)])
    rounding = torch.randn(scores.shape, generator=torch.Generator().manual_seed(3)) * 1e-6
    wishes = [TokenSampling(1.0, top_p, seed, 0) for seed in range(count)]

    one, other = sample_tokens(scores.clone(), wishes), sample_tokens(scores + rounding, wishes)

    assert one == other


def test_a_draw_is_the_same_while_another_thread_builds_a_model_in_a_half_format():
    """transformers sets torch's default number format for the whole process meanwhile."""
    scores, samplings = scores_of(SIZE), [TokenSampling(0.7, 0.999, seed, 0) for seed in range(DRAWS)]
    alone = sample_tokens(scores.repeat(DRAWS, 1), samplings)

    torch.set_default_dtype(torch.bfloat16)
    try:
        beside = sample_tokens(scores.repeat(DRAWS, 1), samplings)
    finally:
        torch.set_default_dtype(torch.float32)

    assert beside == alone


def test_what_is_out_of_reach_is_never_drawn():
    scores = torch.full((1, 100), -torch.inf)
    scores[0, 7] = 0.0

    assert {sample_tokens(scores.clone(), [TokenSampling(1.0, 0.9, seed, 0)])[0] for seed in range(50)} == {7}


def test_scores_that_are_no_numbers_are_an_error():
    with pytest.raises(ValueError, match="not numbers"):
        sample_tokens(torch.full((1, 10), torch.nan), [TokenSampling(1.0, 1.0, 1, 0)])


@pytest.mark.parametrize(("top_k", "min_p"), [(1, 0.0), (5, 0.0), (0, 0.3), (8, 0.2), (3, 0.001), (100, 0.0)])
def test_the_likeliest_few_and_a_least_share_of_the_likeliest_keep_exactly_those(top_k, min_p):
    scores = scores_of(SIZE)
    masses = torch.softmax(scores[0], dim=0)
    inside = set(masses.topk(min(top_k or SIZE, SIZE)).indices.tolist())
    inside &= set((masses >= min_p * masses.max()).nonzero()[:, 0].tolist())
    kept = torch.zeros(SIZE).index_fill_(0, torch.tensor(sorted(inside)), 1.0) * masses

    drawn = sample_tokens(
        scores.repeat(DRAWS, 1), [TokenSampling(1.0, 1.0, seed, 0, top_k, min_p) for seed in range(DRAWS)]
    )

    assert set(drawn) <= inside
    seen = torch.bincount(torch.tensor(drawn), minlength=SIZE).double()[sorted(inside)]
    wanted = (kept / kept.sum()).double()[sorted(inside)] * DRAWS
    assert float(((seen - wanted) ** 2 / wanted).sum()) < CRITICAL_39


def test_a_share_is_one_of_what_the_likeliest_few_leave():
    scores = torch.tensor([[3.0, 2.0, 1.0, 0.0]])
    # Of the three likeliest the first holds .665, so that a share of .66 keeps it alone; of all four it holds .644.
    wishes = [TokenSampling(1.0, 0.66, seed, 0, 3, 0.0) for seed in range(200)]

    assert set(sample_tokens(scores.repeat(200, 1), wishes)) == {0}
    assert set(sample_tokens(scores.repeat(200, 1), [TokenSampling(1.0, 0.66, n, 0) for n in range(200)])) == {0, 1}
