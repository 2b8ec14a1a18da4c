"""Students that never saw a schema write under it: what they write parses and fits, whatever their weights say."""

from __future__ import annotations

import json

import jsonschema
import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from tests.training.engine.conftest import make_model, make_tokenizer
from tests.training.engine.grammar.schemas import LONGEST_TOKENS, of, schemas, without_steps
from training.engine.data.chat import Chat, open_chat
from training.engine.grammar.json_form import bare_grammar, json_grammar
from training.engine.grammar.token_masks import GrammarRefusedError, grammars_of, mask_scores
from training.engine.model import generate
from training.engine.model.generate import Sampling

pytestmark = pytest.mark.engine

PROMPT = [{"role": "user", "content": "Fill it in."}]
HOT = Sampling(temperature=1.0, top_p=1.0, seed=3)


@pytest.fixture(scope="module")
def student():
    tokenizer = make_tokenizer()
    return make_model("qwen", len(tokenizer)).eval(), open_chat(tokenizer)


def write(student, grammar, *, prompts=1, **options):
    model, chat = student
    given = {"max_new_tokens": LONGEST_TOKENS, "sampling": HOT, "grammar": grammar} | options
    return list(generate.generate(model, chat, [PROMPT] * prompts, **given))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("schema", schemas()[::4], ids=lambda schema: next(iter(schema.get("properties", schema))))
def test_every_answer_parses_and_fits_its_schema(student, schema):
    answers = write(student, json_grammar(schema), prompts=2)

    for answer in answers:
        assert answer.ended, answer.unfinished
        value = json.loads(answer.text)
        jsonschema.validate(value, without_steps(schema))
        assert "e" in answer.text or _again(answer.text) == answer.text


def _again(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, indent=1)


def test_there_are_forty_schemas():
    assert len(schemas()) == 40


def test_a_label_is_one_of_the_labels(student):
    labels = ["not", "not now", "yes"]

    answers = write(student, bare_grammar({"enum": labels}), prompts=12)

    assert {answer.text for answer in answers} <= set(labels)
    assert len({answer.text for answer in answers}) > 1
    assert all(answer.ended for answer in answers)


def test_an_answer_that_runs_into_its_limit_is_not_whole(student):
    answer = write(student, json_grammar(of(a={"type": "string", "minLength": 40})), max_new_tokens=20)[0]

    assert not answer.ended
    assert answer.unfinished == "The text reached its limit before it ended."


def test_an_answer_that_is_whole_at_its_limit_is_whole(student):
    answer = write(student, json_grammar({"const": "x"}), max_new_tokens=3)[0]

    assert (answer.text, answer.ended) == ('"x"', True)


def test_rows_without_a_grammar_keep_their_scores(student):
    _, chat = student
    size = len(chat.tokenizer)
    scores, before = torch.zeros(2, size), torch.zeros(2, size)
    state = grammars_of(chat, size).begin(bare_grammar({"const": "yes"}))

    mask_scores(scores, [None, state])

    assert torch.equal(scores[0], before[0])
    allowed = [chat.tokenizer.decode([token]) for token in scores[1].isfinite().nonzero()[:, 0].tolist()]
    assert set(allowed) <= {"y", "ye", "yes"}
    assert "y" in allowed


def test_thinking_that_the_prompt_opened_is_free_and_left_out(student):
    _, chat = student
    opened = Chat(chat.tokenizer, chat.end_of_turn, chat.stops, chat.pad, opened="</think>")
    state = grammars_of(chat, len(chat.tokenizer)).begin(bare_grammar({"const": "yes"}), opened)
    ids = chat.tokenizer("Let me see: { </think>", add_special_tokens=False)["input_ids"]

    for token in ids:
        assert state.mask is None
        state.take(token)

    assert state.mask is not None
    answer = chat.tokenizer("yes", add_special_tokens=False)["input_ids"]
    for token in answer:
        state.take(token)
    assert (state.is_whole, state.is_over) == (True, True)
    assert generate.held_text(opened, [*ids, *answer]) == "yes"


def test_a_grammar_is_compiled_once_for_a_tokenizer(student):
    _, chat = student
    grammars = grammars_of(chat, len(chat.tokenizer))
    grammar = json_grammar(of(once={"type": "boolean"}))

    grammars.begin(grammar)
    compiled = grammars._compiled[grammar]
    grammars.begin(grammar)

    assert grammars._compiled[grammar] is compiled
    assert grammars_of(chat, len(chat.tokenizer)) is grammars


def test_a_grammar_that_cannot_be_compiled_is_refused_with_the_reason(student):
    with pytest.raises(GrammarRefusedError, match="look-around"):
        write(student, json_grammar(of(a={"type": "string", "pattern": "(?=a)b"})))


def test_a_parser_that_gives_up_says_why_in_one_line(student):
    labels = {"type": "object", "properties": {"x": {"enum": [f"value {n}" for n in range(2500)]}}, "required": ["x"]}

    (answer,) = write(student, json_grammar(labels))

    assert "max is 2000" in answer.unfinished
    assert "\n" not in answer.unfinished


def test_a_tokenizer_whose_tokens_spell_no_bytes_writes_freely(student):
    model, chat = student
    asked = f"User:\n{PROMPT[0]['content']}\n\nAssistant:\n"
    words = Tokenizer(models.WordLevel({"<|pad|>": 0, "<|end|>": 1, "fill": 2, asked: 3}, unk_token="fill"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<|end|>", pad_token="<|pad|>")
    plain = open_chat(tokenizer)

    answer = write((model, plain), bare_grammar({"const": "yes"}), max_new_tokens=4, sampling=generate.GREEDY)[0]

    assert answer.completion_tokens == 4
    with pytest.raises(GrammarRefusedError, match="tokenizer cannot be held"):
        grammars_of(plain, 320).begin(bare_grammar({"const": "yes"}))
