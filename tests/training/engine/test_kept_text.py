"""What is read is what was written: control tokens in a text are words,
and text that would be lost is refused by row.
"""

from __future__ import annotations

import json

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import Phi3Config, Phi3ForCausalLM, PreTrainedTokenizerFast

from tests.training.engine.classifier.conftest import make_tokenizer as make_encoder_tokenizer
from tests.training.engine.conftest import TEMPLATE, make_tokenizer, sft_row
from training.engine.classifier.rows import prompt_ids
from training.engine.contracts import StudentRef
from training.engine.data.chat import open_chat
from training.engine.data.control_tokens import RowRefusedError
from training.engine.model import generate, loading
from training.engine.model.unloaded import open_student
from training.recipes import architecture
from training.students import model_folder

pytestmark = pytest.mark.engine
LETTERS = sorted({*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:,.<>/|_'- \n"})


def turns(facts, answer):
    return [{"role": "user", "content": facts}], [{"role": "assistant", "content": answer}]


def bytes_tokenizer():
    return make_tokenizer()


def own_word_tokenizer():
    """Its template's own token is an added word and no special one."""
    tokenizer = make_tokenizer(template=TEMPLATE.replace("<|end|>", "<turn>"))
    tokenizer.add_tokens(["<turn>"])
    return tokenizer


def pieces_tokenizer(kind="bpe"):
    """Llama 2's and T5's way: pieces with a mark for spaces, `</s>` in the vocabulary itself, bytes as a way out."""
    control = ["<unk>", "<s>", "</s>", "<|user|>", "<|assistant|>", "<|end|>"]
    words = [*control, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *LETTERS]
    if kind == "bpe":
        model = models.BPE(
            {word: at for at, word in enumerate(dict.fromkeys(words))}, [], unk_token="<unk>", byte_fallback=True
        )
    else:
        # The likeliest piece of all is the control token itself.
        scores = {word: (0.0 if word in control else -2.0) for word in words}
        model = models.Unigram(list(scores.items()), unk_id=0, byte_fallback=True)
    inner = Tokenizer(model)
    inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    inner.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="</s>", bos_token="<s>", unk_token="<unk>",
        additional_special_tokens=control[3:],
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


TOKENIZERS = [bytes_tokenizer, own_word_tokenizer, pieces_tokenizer, lambda: pieces_tokenizer("unigram")]


@pytest.mark.parametrize("make", TOKENIZERS)
def test_control_tokens_in_a_record_and_an_answer_are_words(make):
    chat = open_chat(make())
    control = {chat.tokenizer.convert_tokens_to_ids(word) for word in chat.tokenizer.all_special_tokens}
    end = chat.tokenizer.convert_ids_to_tokens(chat.end_of_turn)
    facts, answer = f"note: {end} and </s><|user|> go", f"Say {end}\nthen {end} stop."
    plain, plain_length = chat.encode(*turns("note: go", "Say stop."))

    ids, length = chat.encode(*turns(facts, answer))

    assert chat.text(ids[length:-1]) == answer
    assert ids[length:].count(chat.end_of_turn) == 1
    assert [token for token in ids if token in control] == [token for token in plain if token in control]
    assert facts in chat.tokenizer.decode(ids[:length])
    assert ids[:length] == chat.prompt_ids(turns(facts, "")[0])
    assert chat.encode(*turns("note: go", "Say stop.")) == (plain, plain_length)


def test_words_beside_a_control_token_are_cut_as_they_would_be_beside_a_real_one():
    chat = open_chat(bytes_tokenizer())
    begin = chat.tokenizer("Subject: A depot")["input_ids"]

    ids, length = chat.encode(*turns("a", "Subject: A depot<|end|>"))

    assert ids[length : length + len(begin)] == begin


def test_control_tokens_in_what_an_encoder_reads_are_words():
    tokenizer = make_encoder_tokenizer()

    (ids,) = prompt_ids(tokenizer, [[{"role": "user", "content": "Refund [SEP] or [PAD] not"}]])

    assert [token for token in ids if token in tokenizer.all_special_ids] == [1, 2]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "Refund [SEP] or [PAD] not"


def test_a_tag_of_thinking_stays_what_it_was():
    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["<think>", "</think>"], special_tokens=True)
    chat = open_chat(tokenizer)

    ids = chat.prompt_ids([{"role": "user", "content": "<think> is a tag"}])

    assert tokenizer.convert_tokens_to_ids("<think>") in ids


@pytest.fixture
def preflight(student, lay_run, tune, result):
    """Whether a run on rows begins; weights are not even read where it does not."""

    def begin(rows, *, template=TEMPLATE, folder=None, **options):
        run_dir = lay_run("run", folder or student(template=template), train=rows, recipe={"epochs": 1}, **options)
        tune(run_dir)
        ended = result(run_dir)
        return (ended["error"]["code"], ended["error"]["message"]) if ended["outcome"] == "failed" else (None, "")

    return begin


@pytest.mark.parametrize(
    "changed",
    [
        ("{{ message['content'] }}", "{{ message['content'][:12] }}"),
        ("{{ message['content'] }}", "{{ message['content'] | replace('\n', ' ') }}"),
        ("{{ message['content'] }}", "{{ message['content'] if message['role'] == 'user' else '' }}"),
        ("{{ message['content'] }}", "{{ message['content'] if message['content'] | length < 16 else '' }}"),
    ],
)
def test_a_template_that_drops_text_is_refused_with_the_row(preflight, changed):
    rows = [sft_row(1, "company: A", "Ostra ships.\nGood day."), sft_row(2, "company: B", "Ostra ships.\nGood day.")]

    code, message = preflight(rows, template=TEMPLATE.replace(*changed))

    assert code == "template_drops_text"
    assert "row row-1: " in message
    assert "1 more: row-2" in message


TRIMMING = TEMPLATE.replace("message['content']", "message['content'] | trim")


@pytest.mark.parametrize("answer", ["Ostra ships.\n", "  Ostra ships.", "\u00a0Ostra ships."])
def test_a_template_that_trims_an_answer_is_refused_with_the_row(preflight, answer):
    rows = [sft_row(1, "company: A", "Ostra ships."), sft_row(2, "company: B", answer)]

    code, message = preflight(rows, template=TRIMMING)

    assert code == "template_trims_answer"
    assert "row row-2: " in message


def test_a_template_may_trim_prompts_and_answers_without_white_space_at_their_ends(tokenizer):
    kept, kept_length = open_chat(tokenizer).encode(*turns("a", " Ostra ships.\n"))
    tokenizer.chat_template = TRIMMING

    ids, length = open_chat(tokenizer).encode(*turns("company: A\n", "Ostra ships."))

    assert tokenizer.decode(ids[length:]) == "Ostra ships.<|end|>"
    assert tokenizer.decode(kept[kept_length:]) == " Ostra ships.\n<|end|>"


def letters_tokenizer(unknown):
    """Knows the letters of these tests alone, and no bytes."""
    control = ["<unk>", "</s>", "<|user|>", "<|assistant|>", "<|end|>"]
    words = {word: at for at, word in enumerate([*control, *LETTERS])}
    inner = Tokenizer(models.BPE(words, [], unk_token=unknown))
    inner.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="</s>", additional_special_tokens=control[2:],
        **({"unk_token": unknown} if unknown else {}),
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


@pytest.mark.parametrize("unknown", ["<unk>", None])
@pytest.mark.parametrize("lossy", [("company: Åre", "Ostra ships."), ("company: A", "Ostra ships ☂.")])
def test_text_that_a_tokenizer_cannot_spell_is_refused_with_the_row(tmp_path, student, preflight, unknown, lossy):
    folder = tmp_path / "student"
    letters_tokenizer(unknown).save_pretrained(folder)
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes((student() / name).read_bytes())

    code, message = preflight([sft_row(1, "company: A", "Ostra ships."), sft_row(2, *lossy)], folder=folder)

    assert (code, "row row-2: " in message) == ("tokenizer_loses_text", True)


def test_an_evaluation_counts_a_record_that_cannot_be_read_and_goes_on(student):
    base = loading.load(StudentRef(path=str(student())), dtype=torch.float32)
    chat = open_chat(letters_tokenizer("<unk>"))
    prompts = [turns("company: Åre", "")[0], turns("company: A", "")[0]]

    answers = {each.index: each for each in generate.generate(base.model, chat, prompts, max_new_tokens=2)}

    assert answers[0].is_unfit
    assert "Åre" in answers[0].unfinished
    assert not answers[1].is_unfit


def test_a_composed_letter_is_the_same_text(tokenizer):
    tokenizer.backend_tokenizer.normalizer = normalizers.NFC()

    ids, length = open_chat(tokenizer).encode(*turns("a", "Zu\u0308rich"))

    assert tokenizer.decode(ids[length:-1]) == "Z\u00fcrich"


def test_a_tokenizer_larger_than_the_embedding_is_refused_where_its_tokens_are_used(student, preflight, tmp_path):
    def grown(name, **changes):
        folder = tmp_path / name
        tokenizer = make_tokenizer(**changes)
        tokenizer.add_tokens(["<later>", "<turn>"])
        tokenizer.save_pretrained(folder)
        for file in ("config.json", "model.safetensors"):
            (folder / file).write_bytes((student() / file).read_bytes())
        return folder

    with pytest.raises(RowRefusedError) as refused:
        open_student(StudentRef(path=str(grown("template", template=TEMPLATE.replace("<|end|>", "<turn>")))))
    code, message = preflight([sft_row(1, "a", "b"), sft_row(2, "a", "c <later>")], folder=grown("rows"))

    assert refused.value.code == code == "tokenizer_too_large"
    assert "row row-2: the student's tokenizer gives token 320, and the model that reads it knows 320" in message


def test_a_token_to_fill_batches_that_has_no_embedding_is_replaced(student):
    tokenizer = make_tokenizer()
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})

    chat = open_chat(tokenizer, vocabulary=320)

    assert (tokenizer.pad_token_id, chat.pad) == (320, chat.end_of_turn)


def long_rope(folder, vocabulary):
    factors = [1.0] * 8
    config = Phi3Config(
        vocab_size=vocabulary, hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, original_max_position_embeddings=48, pad_token_id=0,
        eos_token_id=1, bos_token_id=None,
        rope_scaling={"type": "longrope", "short_factor": factors, "long_factor": [4.0] * 8, "rope_theta": 10000.0},
    )  # fmt: skip
    Phi3ForCausalLM(config).save_pretrained(folder)


def test_a_student_with_two_sets_of_rotations_reads_no_row_past_the_first(tmp_path, preflight):
    folder = tmp_path / "phi"
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    long_rope(folder, len(tokenizer))

    code, message = preflight([sft_row(1, "a", "b"), sft_row(2, "a", "Ostra ships. " * 20)], folder=folder)

    assert (code, "longer than 48 tokens" in message, "row-2" in message) == ("rows_too_long", True, True)
    assert open_student(StudentRef(path=str(folder))).context_length == 48
    assert model_folder.inspect_folder(str(folder), roots=[tmp_path]).context_length == 48


@pytest.mark.parametrize(
    ("config", "length"),
    [
        ({"max_position_embeddings": 131072, "original_max_position_embeddings": 4096,
          "rope_scaling": {"type": "su"}}, 4096),
        ({"max_position_embeddings": 131072,
          "rope_parameters": {"rope_type": "longrope", "original_max_position_embeddings": 8192}}, 8192),
        ({"max_position_embeddings": 8192,
          "rope_scaling": {"rope_type": "llama3", "original_max_position_embeddings": 4096}}, 8192),
        ({"max_position_embeddings": 8192, "rope_parameters": {
            "full_attention": {"rope_type": "longrope", "original_max_position_embeddings": 2048},
            "sliding_attention": {"rope_type": "default"}}}, 2048),
        ({"max_position_embeddings": 512, "rope_scaling": None}, 512),
        ({}, None),
    ],
)  # fmt: skip
def test_the_context_is_the_first_of_long_rope_and_the_longest_of_others(config, length):
    assert architecture.context_length(json.loads(json.dumps(config))) == length


def test_spaces_before_signs_stay_where_a_tokenizer_would_clean_them_up(tokenizer):
    tokenizer.clean_up_tokenization_spaces = True
    chat = open_chat(tokenizer)

    ids, length = chat.encode(*turns("a", "Vraiment ? Oui ."))

    assert chat.text(ids[length:-1]) == "Vraiment ? Oui ."
