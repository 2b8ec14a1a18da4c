"""Messages to tokens: templates, the seam between prompt and completion, the end of the turn."""

from __future__ import annotations

import pytest

from training.engine.contracts import TrainError
from training.engine.data.chat import PLAIN_TEMPLATE, open_chat
from training.engine.data.control_tokens import RowRefusedError

PROMPT = [{"role": "user", "content": "company: Ostra"}]
ANSWER = [{"role": "assistant", "content": "Ostra ships."}]


def test_the_end_of_the_turn_is_the_last_supervised_token(tokenizer):
    chat = open_chat(tokenizer)

    ids, prompt_length = chat.encode(PROMPT, ANSWER)

    assert ids[-1] == tokenizer.convert_tokens_to_ids("<|end|>")
    assert tokenizer.decode(ids[prompt_length:]) == "Ostra ships.<|end|>"


def test_what_a_model_is_given_to_answer_is_what_it_was_tuned_on(tokenizer):
    chat = open_chat(tokenizer)

    ids, prompt_length = chat.encode(PROMPT, ANSWER)

    assert chat.prompt_ids(PROMPT) == ids[:prompt_length]


def test_a_tokenizer_without_a_template_gets_the_plain_one(tokenizer):
    tokenizer.chat_template = None

    chat = open_chat(tokenizer)
    ids, prompt_length = chat.encode([{"role": "system", "content": "Be brief."}, *PROMPT], ANSWER)

    assert tokenizer.chat_template == PLAIN_TEMPLATE
    assert tokenizer.decode(ids[:prompt_length]) == "System:\nBe brief.\n\nUser:\ncompany: Ostra\n\nAssistant:\n"
    assert tokenizer.decode(ids[prompt_length:]) == "Ostra ships.<|end|>"


def test_a_template_that_writes_no_end_gets_one(tokenizer):
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    tokenizer.chat_template += "{% if add_generation_prompt %}assistant: {% endif %}"

    ids, _ = open_chat(tokenizer).encode(PROMPT, ANSWER)

    assert ids[-1] == tokenizer.eos_token_id


def test_a_template_that_rewrites_the_prompt_is_refused(tokenizer):
    tokenizer.chat_template = "{{ messages | length }}{% for m in messages %}{{ m['content'] }}<|end|>{% endfor %}"

    with pytest.raises(RowRefusedError) as refused:
        open_chat(tokenizer).encode(PROMPT, ANSWER)

    assert refused.value.code == "template_not_prefix"


def test_a_token_that_would_grow_across_the_seam_is_kept_apart(tokenizer):
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    chat = open_chat(tokenizer)
    whole = "Subject"
    parts = next(
        cut
        for cut in range(1, len(whole))
        if tokenizer(whole)["input_ids"][: len(tokenizer(whole[:cut])["input_ids"])]
        != tokenizer(whole[:cut])["input_ids"]
    )
    prompt, answer = [{"role": "user", "content": whole[:parts]}], [{"role": "assistant", "content": whole[parts:]}]

    ids, prompt_length = chat.encode(prompt, answer)

    assert ids[:prompt_length] == chat.prompt_ids(prompt)
    assert tokenizer.decode(ids[:-1]) == whole


def test_a_template_that_refuses_system_turns_gets_their_text_in_the_first_user_turn(tokenizer):
    tokenizer.chat_template = (
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )

    ids = open_chat(tokenizer).prompt_ids([{"role": "system", "content": "Be brief."}, *PROMPT])

    assert tokenizer.decode(ids) == "<|user|>Be brief.\n\ncompany: Ostra<|end|><|assistant|>"


def test_a_tokenizer_without_an_end_is_refused(tokenizer):
    tokenizer.eos_token = None

    with pytest.raises(TrainError, match="end token"):
        open_chat(tokenizer)
