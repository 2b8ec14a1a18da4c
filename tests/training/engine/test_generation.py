"""Writing with a model: batching, stops, seeds, and transformers' own generation as the measure."""

from __future__ import annotations

import pytest
import torch

from training.engine.contracts import StudentRef
from training.engine.model import generate, loading
from training.engine.model.generate import NGramHistory, Sampling

pytestmark = pytest.mark.engine

PROMPTS = [[{"role": "user", "content": text}] for text in ("a", "a much longer prompt " * 8, "medium prompt", "b c")]


@pytest.fixture
def load(student):
    return lambda family="llama": loading.load(StudentRef(path=str(student(family))), dtype=torch.float32)


def write(loaded, prompts=PROMPTS, **options):
    answers = generate.generate(loaded.model, loaded.chat, prompts, **({"max_new_tokens": 40} | options))
    return {answer.index: answer for answer in answers}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ["qwen", "gemma"])
def test_greedy_answers_of_a_batch_are_those_of_transformers_one_by_one(load, family):
    loaded = load(family)

    answers = write(loaded)

    for index, prompt in enumerate(PROMPTS):
        ids = torch.tensor([loaded.chat.prompt_ids(prompt)])
        expected = loaded.model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False)
        written = expected[0, ids.shape[1] :].tolist()
        ended = written[-1] in loaded.chat.stops
        assert answers[index].text == loaded.chat.text(written[:-1] if ended else written)
        assert (answers[index].completion_tokens, answers[index].ended) == (len(written), ended)


@pytest.mark.slow
def test_samples_follow_the_seed_and_not_the_company_they_keep(load):
    loaded = load("qwen")
    hot = Sampling(temperature=1.0, top_p=0.9, seed=3)

    together = write(loaded, sampling=hot)
    apart = write(loaded, sampling=hot, batch_size=1)
    other = write(loaded, sampling=Sampling(temperature=1.0, top_p=0.9, seed=4))

    assert len({answer.text for answer in together.values()}) == 4
    assert {i: a.text for i, a in together.items()} == {i: a.text for i, a in apart.items()}
    assert {i: a.text for i, a in together.items()} != {i: a.text for i, a in other.items()}


@pytest.mark.slow
def test_a_tiny_top_p_is_greedy(load):
    loaded = load("qwen")

    narrow = write(loaded, sampling=Sampling(temperature=1.0, top_p=1e-6, seed=3))

    assert {i: a.text for i, a in narrow.items()} == {i: a.text for i, a in write(loaded).items()}


@pytest.mark.slow
@pytest.mark.parametrize("narrow", [{"top_k": 1}, {"min_p": 1.0}], ids=["top k", "min p"])
def test_keeping_only_the_likeliest_is_greedy(load, narrow):
    loaded = load("qwen")

    drawn = write(loaded, sampling=Sampling(temperature=1.0, seed=3, **narrow))

    assert {i: a.text for i, a in drawn.items()} == {i: a.text for i, a in write(loaded).items()}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("length", [1, 2, 4])
def test_no_run_is_written_twice_where_that_is_forbidden(load, length):
    loaded = load("qwen")

    answers = write(loaded, sampling=Sampling(no_repeat_ngram=length))

    for index, prompt in enumerate(PROMPTS):
        ids = torch.tensor([loaded.chat.prompt_ids(prompt)])
        apart = _greedy_without_repeats(loaded, ids, length)
        assert answers[index].text == loaded.chat.text(apart)
        free = _runs(ids[0].tolist(), length - 1)
        runs = [run for run in _runs(apart, length) if length == 1 or run[:-1] not in free]
        assert len(set(runs)) == len(runs)


def _runs(ids, length):
    return list(zip(*(ids[start:] for start in range(length)), strict=False))


def _greedy_without_repeats(loaded, ids, length):
    """The slow way: for each token, look through all that was written."""
    written, free = [], _runs(ids[0].tolist(), length - 1)
    while len(written) < 40:
        scores = loaded.model(torch.cat([ids, torch.tensor([written], dtype=ids.dtype)], dim=1)).logits[0, -1]
        recent = written[len(written) - length + 1 :]
        for start in range(len(written) - length + 1):
            if written[start : start + length - 1] == recent and tuple(recent) not in free:
                scores[written[start + length - 1]] = -torch.inf
        token = int(scores.argmax())
        if token in loaded.chat.stops:
            break
        written.append(token)
    return written


def test_a_long_name_of_the_prompt_may_be_written_twice_and_a_sentence_may_not():
    prompt, name = [7, 1, 2, 3, 4, 5, 8], [1, 2, 3, 4, 5]
    said, unasked = NGramHistory(4, prompt), NGramHistory(4)
    for token in [*name, 9, *name[:3]]:
        said.add(token)
        unasked.add(token)

    assert said.forbidden == set()
    assert unasked.forbidden == {4}

    for token in [*name[3:], 20, 21, 22, 23, 20, 21, 22]:
        said.add(token)
    assert said.forbidden == {23}


def test_without_the_rule_the_same_model_does_repeat_itself(load):
    loaded = load("qwen")

    plain, strict = write(loaded), write(loaded, sampling=Sampling(no_repeat_ngram=2))

    assert {i: a.text for i, a in plain.items()} != {i: a.text for i, a in strict.items()}


def test_writing_leaves_mode_and_random_state_alone(load):
    loaded = load()
    loaded.model.train()
    state = torch.get_rng_state()

    write(loaded, sampling=Sampling(temperature=1.0))

    assert loaded.model.training
    assert torch.equal(torch.get_rng_state(), state)


def test_a_stop_ends_the_writing(load):
    asked = iter([False] * 5)

    answers = write(load(), should_stop=lambda: next(asked, True))

    assert answers == {}


@pytest.mark.slow
def test_prompt_and_answer_stay_within_the_context(load):
    loaded = load("qwen")
    lengths = [len(loaded.chat.prompt_ids(prompt)) for prompt in PROMPTS]
    context = max(lengths) + 5

    answers = write(loaded, context_length=context)

    free = write(loaded)
    assert all(answers[i].prompt_tokens + answers[i].completion_tokens <= context for i in answers)
    assert answers[1].is_cut
    assert "end of the student's context" in answers[1].unfinished
    assert free[1].text.startswith(answers[1].text)
    assert {i: a.text for i, a in answers.items() if i != 1} == {i: a.text for i, a in free.items() if i != 1}


@pytest.mark.parametrize("room", [0, -3])
def test_a_prompt_that_leaves_no_room_is_said_and_nothing_is_written(load, room):
    loaded = load("qwen")
    context = len(loaded.chat.prompt_ids(PROMPTS[1])) + room

    answers = write(loaded, context_length=context)

    assert set(answers) == set(range(4))
    assert (answers[1].text, answers[1].completion_tokens, answers[1].is_unfit) == ("", 0, True)
    assert f"{context - room} tokens" in answers[1].unfinished
    assert not any(answers[i].is_unfit for i in (0, 2, 3))
