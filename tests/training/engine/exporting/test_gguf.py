"""GGUF: transformers' own reader, which knows nothing of ours, writes the same from the file as from the student."""

from __future__ import annotations

import json
import struct
from itertools import pairwise

import gguf
import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from demo.students import WRITER
from tests.training.engine.conftest import PAIRS, SHAPE, TEMPLATE, make_tokenizer
from training.engine.contracts import StudentRef, TrainError
from training.engine.export import gguf_file, vocabulary
from training.engine.export.vocabulary import PATTERNS
from training.engine.model import loading

pytestmark = pytest.mark.engine
ENDS = {"eos_token_id": 1, "pad_token_id": 0, "bos_token_id": None}
TEXTS = ["Subject: A depot for Northwind\n\nHi there, it's 1234567 looms!", "Ostra  ships\n\n  earlyŠé 漢"]


def dequantised(path):
    """Every tensor of a file in fp32, by its name there."""
    return {
        tensor.name: torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
        for tensor in gguf.GGUFReader(path).tensors
    }


def save(folder, model, tokenizer):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return loading.load(StudentRef(path=str(folder)), dtype=torch.float32)


def model_of(family, size):
    torch.manual_seed(11)
    shape = {"vocab_size": size, **ENDS, **SHAPE}
    if family == "llama":
        return LlamaForCausalLM(LlamaConfig(**shape))
    if family == "llama3":
        rope = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 64}  # fmt: skip
        return LlamaForCausalLM(LlamaConfig(**shape, rope_parameters=rope))
    if family == "qwen2":
        return Qwen2ForCausalLM(Qwen2Config(**shape))
    if family == "qwen3":
        return Qwen3ForCausalLM(Qwen3Config(**shape, head_dim=16))
    shape = {**shape, "num_hidden_layers": 6, "tie_word_embeddings": True}
    model = Gemma3ForCausalLM(Gemma3TextConfig(**shape, head_dim=16, sliding_window=8, query_pre_attn_scalar=16))
    for name, parameter in model.named_parameters():
        if name.endswith("norm.weight"):
            parameter.data.normal_(0, 0.3)
    return model


def written(student, folder, *, quantised=False):
    plan = gguf_file.gguf_contents(student, quantised=quantised)
    path = folder / "m.gguf"
    gguf_file.write(path, plan, title="M", licence="apache-2.0", report=lambda *_: None, should_stop=lambda: False)
    gguf_file.verify(path, plan, should_stop=lambda: False)
    return path, plan


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3", "gemma3"])
def test_a_file_answers_as_the_student_does(tmp_path, family):
    tokenizer = make_tokenizer()
    student = save(tmp_path / "student", model_of(family, len(tokenizer)), tokenizer)
    path, _ = written(student, tmp_path)
    ids = torch.randint(5, len(tokenizer), (2, 40), generator=torch.Generator().manual_seed(1))

    # Of these shapes the reader knows less than llama.cpp does: what the file says of them is looked at below.
    read = AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file=path.name, config=student.model.config, dtype=torch.float32
    ).eval()

    with torch.no_grad():
        expected, found = student.model(ids).logits, read(ids).logits
    spread = float(expected.std())
    assert spread > 0.05
    assert float((expected - found).abs().max()) < 0.01 * max(1.0, spread)


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3"])
def test_a_file_says_of_its_shape_what_the_config_says(tmp_path, family):
    tokenizer = make_tokenizer()
    student = save(tmp_path / "student", model_of(family, len(tokenizer)), tokenizer)
    path, _ = written(student, tmp_path)

    fields = {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items()}

    said = {name.removeprefix(f"{family}."): value for name, value in fields.items() if name.startswith(f"{family}.")}
    layers = 6 if family == "gemma3" else 2
    assert (said["block_count"], said["embedding_length"], said["feed_forward_length"]) == (layers, 64, 128)
    assert (said["attention.head_count"], said["attention.head_count_kv"], said["attention.key_length"]) == (4, 2, 16)
    assert said["rope.freq_base"] == (1e6 if family == "gemma3" else 1e4)
    assert said.get("attention.sliding_window") == (8 if family == "gemma3" else None)
    assert said["context_length"] == 512


def test_eight_bits_are_a_little_off_and_no_more(tmp_path):
    tokenizer = make_tokenizer()
    student = save(tmp_path / "student", model_of("qwen3", len(tokenizer)), tokenizer)
    path, plan = written(student, tmp_path, quantised=True)

    values = dequantised(path)

    for piece in plan.tensors:
        off = float((values[piece.name] - piece.values.float()).abs().max())
        step = float(piece.values.abs().max()) / 127
        assert off <= (0.57 * step if piece.kind == gguf_file.Q8 else 1e-6), piece.name
    assert sum(piece.kind == gguf_file.Q8 for piece in plan.tensors) > 10


@pytest.mark.slow
def test_the_demo_students_text_is_cut_and_answered_alike(tmp_path):
    student = loading.load(StudentRef(path=str(WRITER.folder())), dtype=torch.float32)
    path, _ = written(student, tmp_path)

    fields = {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items()}
    read = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=path.name, dtype=torch.float32).eval()

    assert fields["tokenizer.ggml.pre"] == "smollm"
    assert fields["tokenizer.chat_template"] == student.chat.tokenizer.chat_template
    assert fields["general.license"] == "apache-2.0"
    assert fields["tokenizer.ggml.tokens"][:2] == ["<|pad|>", "<|end|>"]
    assert fields["tokenizer.ggml.token_type"][:6] == [gguf.TokenType.CONTROL] * 5 + [gguf.TokenType.NORMAL]
    assert (fields["tokenizer.ggml.eos_token_id"], fields["tokenizer.ggml.add_bos_token"]) == (1, False)
    ids = torch.tensor([student.chat.tokenizer(TEXTS[0]).input_ids])
    with torch.no_grad():
        assert torch.allclose(read(ids).logits, student.model(ids).logits, atol=0.02)


def test_a_tokenizer_read_back_cuts_text_as_before(tmp_path):
    tokenizer = make_tokenizer()
    student = save(tmp_path / "student", model_of("qwen2", len(tokenizer)), tokenizer)
    path, _ = written(student, tmp_path)

    read = AutoTokenizer.from_pretrained(tmp_path, gguf_file=path.name)

    for text in TEXTS:
        assert read(text).input_ids == student.chat.tokenizer(text).input_ids


def test_llama_3s_rope_is_written_as_factors(tmp_path):
    tokenizer = make_tokenizer()
    student = save(tmp_path / "student", model_of("llama3", len(tokenizer)), tokenizer)
    path, _ = written(student, tmp_path)

    factors = dequantised(path)["rope_freqs.weight"]

    rotary = student.model.model.rotary_emb
    plain = 1.0 / 5e5 ** (torch.arange(0, 16, 2) / 16)
    assert torch.allclose(plain / factors, rotary.inv_freq, rtol=1e-6)
    assert float(factors.max()) == pytest.approx(8.0)
    assert float(factors.min()) == pytest.approx(1.0)


def test_pieces_get_scores_in_the_order_they_merge(tmp_path):
    inner = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    inner.normalizer = normalizers.Replace(" ", "▁")
    special = ["<pad>", "<eos>", "<unk>", *(f"<0x{n:02X}>" for n in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special[:3], show_progress=False)
    inner.train_from_iterator([text for pair in PAIRS for text in pair], trainer)
    inner.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    state = json.loads(inner.to_str())
    for word in special[3:]:
        state["model"]["vocab"][word] = len(state["model"]["vocab"])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(state)), eos_token="<eos>", pad_token="<pad>", unk_token="<unk>"
    )
    tokenizer.chat_template = TEMPLATE
    student = save(tmp_path / "student", model_of("gemma3", len(tokenizer)), tokenizer)

    read = vocabulary.read(student, len(tokenizer))

    assert (read.model, read.has_space_prefix, read.merges) == ("llama", False, [])
    by_word = dict(zip(read.tokens, zip(read.types, read.scores, strict=True), strict=True))
    assert by_word["<0x41>"][0] == gguf.TokenType.BYTE
    assert by_word["<unk>"][0] == gguf.TokenType.UNKNOWN
    assert by_word["<eos>"][0] == gguf.TokenType.CONTROL
    merges = ["".join(pair) for pair in state["model"]["merges"]]
    assert [by_word[word][1] for word in merges[:3]] == [0.0, -1.0, -2.0]
    for text in ("Subject: Ink for Quill", "Hi there, the looms"):
        assert merged_by_score(text.replace(" ", "▁"), by_word) == tokenizer.convert_ids_to_tokens(
            tokenizer(text).input_ids
        )


def merged_by_score(text, by_word):
    """How llama.cpp cuts pieces: of neighbours that make a token, those of the best score become one,
    the first first.
    """
    parts = list(text)
    while True:
        pairs = [(by_word[a + b][1], -n) for n, (a, b) in enumerate(pairwise(parts)) if a + b in by_word]
        if not pairs:
            return parts
        at = -max(pairs)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


@pytest.mark.parametrize(("pattern", "name"), [*PATTERNS.items(), ("[0-9]+|[a-z]+", None)])
def test_a_way_of_cutting_text_is_named_or_refused(tmp_path, pattern, name):
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    student = save(tmp_path / "student", model_of("llama", len(tokenizer)), tokenizer)

    if name:
        assert vocabulary.read(student, len(tokenizer)).cut == name
        return
    with pytest.raises(TrainError) as refused:
        vocabulary.read(student, len(tokenizer))
    assert refused.value.code == "gguf_tokenizer"


def test_a_family_llama_cpp_is_not_written_for_is_refused_with_the_way_out(student):
    # The tests' Gemma caps its logits, which llama.cpp's Gemma 3 does not.
    capped = loading.load(StudentRef(path=str(student("gemma"))), dtype=torch.float32)

    with pytest.raises(TrainError) as refused:
        gguf_file.gguf_contents(capped, quantised=False)

    assert (refused.value.code, "merged" in refused.value.hint) == ("gguf_gemma", True)


@pytest.mark.parametrize(
    ("family", "otherwise"),
    [
        ("qwen2", {"use_sliding_window": True, "sliding_window": 8, "layer_types": ["sliding_attention"] * 2}),
        ("llama", {"hidden_act": "gelu"}),
    ],
)
def test_what_llama_cpp_would_compute_otherwise_is_refused(tmp_path, family, otherwise):
    """It knows no windows of Qwen's, and no activation but its own: such a file would load and write nonsense."""
    tokenizer = make_tokenizer()
    model = model_of(family, len(tokenizer))
    for name, value in otherwise.items():
        setattr(model.config, name, value)
    student = save(tmp_path / "student", model, tokenizer)

    with pytest.raises(TrainError) as refused:
        gguf_file.gguf_contents(student, quantised=False)

    assert (refused.value.code, "merged" in refused.value.hint) == ("gguf_other_layers", True)


def test_a_byte_that_flips_is_found_when_the_file_is_read_back(tmp_path):
    tokenizer = make_tokenizer()
    student = save(tmp_path / "student", model_of("qwen2", len(tokenizer)), tokenizer)
    path, plan = written(student, tmp_path)
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)

    with pytest.raises(TrainError) as refused:
        gguf_file.verify(path, plan, should_stop=lambda: False)

    assert refused.value.code == "gguf_damaged"
    assert struct.unpack("<I", content[:4])[0] == gguf.GGUF_MAGIC
