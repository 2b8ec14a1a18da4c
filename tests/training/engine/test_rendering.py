"""Chat templates that would eat memory or time, and that bounded ones are rendered as transformers renders them."""

from __future__ import annotations

import os
import signal

import pytest

from tests.training.engine import chats
from tests.training.engine.conftest import make_tokenizer
from training.engine.contracts import TrainError
from training.engine.data import rendering
from training.engine.data.chat import PLAIN_TEMPLATE, open_chat
from training.engine.data.control_tokens import RowRefusedError

ASKED = [{"role": "user", "content": "Where do rivers rün?"}]
ANSWERED = [*ASKED, {"role": "assistant", "content": "To the sea."}]
DOUBLED = "{% set ns = namespace(x='ab') %}{% for i in range(64) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}"
# Each would take a gigabyte or more.
GREEDY = {
    "repetition": "{{ 'a' * 10**9 }}",
    "a list repeated": "{{ ([0] * 10**9) | length }}",
    "doubling in a loop": DOUBLED,
    "padding": "{{ 'a' | center(2 * 10**9) }}",
    "a format's width": "{{ '%2000000000d' | format(1) }}",
    "a method's width": "{{ 'a'.ljust(2 * 10**9) }}",
    "indentation": "{{ 'a\n' | indent(10**9, first=true) }}",
    "replacement": "{{ ('a' * 10**6) | replace('a', 'b' * 10**6) }}",
    "a long loop of long words": "{% for a in range(10**5) %}{{ 'abcdefgh' * 10**5 }}{% endfor %}",
}
ENDLESS = {
    "nested loops": (
        "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% "
        "endfor %}"
    ),
    "one large power": "{{ (9 ** (9 ** 9)) % 7 }}",
}
LONG = {"twenty million letters": "{{ 'a' * (20 * 10**6) }}"}


def tokenizer_with(template: str):
    tokenizer = make_tokenizer()
    tokenizer.chat_template = template
    return tokenizer


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("template", [*GREEDY.values(), *LONG.values()], ids=[*GREEDY, *LONG])
def test_a_template_that_asks_for_too_much_is_refused(template):
    with pytest.raises(TrainError) as refused:
        rendering.render(tokenizer_with(template), [ASKED], answer_next=True)

    assert refused.value.code == "template_out_of_bounds"
    assert refused.value.hint


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("template", ENDLESS.values(), ids=ENDLESS)
def test_a_template_that_does_not_end_is_ended(template):
    with pytest.raises(TrainError) as refused:
        rendering.render(tokenizer_with(template), [ASKED], answer_next=True, limit_s=0.3)

    assert refused.value.code == "template_out_of_bounds"


@pytest.mark.slow
def test_a_student_whose_template_goes_past_a_bound_is_not_opened():
    with pytest.raises(TrainError, match="chat template") as refused:
        open_chat(tokenizer_with("{% if messages | length > 1 %}" + DOUBLED + "{% endif %}{{ messages[0].content }}"))

    assert refused.value.code == "template_out_of_bounds"


@pytest.mark.slow
def test_the_next_template_is_rendered_after_one_that_was_ended():
    with pytest.raises(TrainError):
        rendering.render(tokenizer_with(ENDLESS["nested loops"]), [ASKED], answer_next=True, limit_s=0.3)

    assert rendering.render(tokenizer_with("{{ messages[0].content }}"), [ASKED], answer_next=True) == [
        ASKED[0]["content"]
    ]


def test_a_process_that_was_killed_between_two_questions_is_started_again():
    plain = tokenizer_with("{{ messages[0].role }}")
    rendering.render(plain, [ASKED], answer_next=True)
    process = rendering._PROCESS._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert rendering.render(plain, [ASKED], answer_next=True) == ["user"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ ().__class__.__mro__ }}", "{{ cycler.__init__.__globals__ }}", "{{ dict.__globals__['json'] }}",
        "{% set ns = namespace(_Namespace__attrs={}) %}{{ ns.x }}", "{{ messages.append(1) }}",
    ],
)  # fmt: skip
def test_a_template_that_reaches_for_more_than_its_words_is_refused(template):
    with pytest.raises(rendering.TemplateRefusedError):
        rendering.render(tokenizer_with(template), [ASKED], answer_next=True)


def test_why_a_template_refuses_messages_is_told_in_its_own_words():
    with pytest.raises(rendering.TemplateRefusedError, match="Roles must alternate"):
        rendering.render(tokenizer_with("{{ raise_exception('Roles must alternate') }}"), [ASKED], answer_next=True)


@pytest.mark.parametrize("template", ["{% for turn in messages %}{{ turn.content", "{{ raise_exception('no') }}"])
def test_a_student_whose_template_is_none_or_refuses_a_question_is_not_opened(template):
    with pytest.raises(TrainError) as refused:
        open_chat(tokenizer_with(template))

    assert refused.value.code == "template_drops_text"
    assert refused.value.hint


def test_an_answer_the_template_refuses_is_refused_as_a_row():
    template = "{% if messages[0].content == 'Who?' %}{{ raise_exception('Ask') }}{% endif %}" + PLAIN_TEMPLATE

    with pytest.raises(RowRefusedError, match="Ask"):
        open_chat(tokenizer_with(template)).prompt_ids([{"role": "user", "content": "Who?"}])


@pytest.mark.parametrize(
    "template", [chats.SWITCHED, chats.ALWAYS, chats.CHANNEL], ids=["switched", "always", "channel"]
)
@pytest.mark.parametrize("answer_next", [True, False])
def test_texts_are_those_of_transformers(template, answer_next):
    tokenizer = chats.make_chatty(template, begins=True)
    wanted = [
        tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=answer_next)
        for turns in (ASKED, ANSWERED)
    ]

    assert rendering.render(tokenizer, [ASKED, ANSWERED], answer_next=answer_next) == wanted


@pytest.mark.parametrize(
    "template",
    [
        "{% generation %}\n{{ messages | tojson(indent=2) }}\n{% endgeneration %}{{ eos_token }}",
        "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.content }}{% endfor %}",
        (
            "{% set ns = namespace(seen=0) %}{% for m in messages %}{% set ns.seen = ns.seen + 1 %}{% endfor %}{{ "
            "ns.seen }}"
        ),
        "{{ dict(a=1).items() | list }}{{ tools is none }}{{ documents is none }}{{ pad_token }}",
    ],
)
def test_what_templates_of_models_use_is_there(template):
    tokenizer = tokenizer_with(template)
    wanted = tokenizer.apply_chat_template(ANSWERED, tokenize=False, add_generation_prompt=True)

    assert rendering.render(tokenizer, [ANSWERED], answer_next=True) == [wanted]
