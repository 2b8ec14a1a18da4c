"""llama.cpp's converter: a stand-in for how it is run and fails, and the real one.

Its files write what the student writes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gguf
import httpx
import pytest
import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests import left_out
from tests.training.engine.conftest import SHAPE, make_tokenizer
from training.engine.contracts import StudentRef
from training.engine.export import __main__ as exporting
from training.engine.export import converter
from training.engine.model import generate, loading

pytestmark = pytest.mark.engine
# What the real one brings: a module that it knows tokenizers by, and a script that reads a folder.
BASE = """
class TextModel:
    def get_vocab_base_pre(self, tokenizer):
        raise NotImplementedError("BPE pre-tokenizer was not recognized")

    def _create_vocab_sentencepiece(self):
        from sentencepiece import SentencePieceProcessor
"""
SCRIPT = """
import argparse, json, os, pathlib
import gguf, numpy
from conversion.base import TextModel

parser = argparse.ArgumentParser()
parser.add_argument("model", type=pathlib.Path)
for name in ("--outfile", "--outtype", "--metadata"):
    parser.add_argument(name)
options = parser.parse_args()
assert (options.model / "model.safetensors").exists() and options.outtype == "f16" and os.environ["HF_HUB_OFFLINE"]
model = TextModel()
model.dir_model = options.model
try:
    model._create_vocab_sentencepiece()
except FileNotFoundError:
    pass
writer = gguf.GGUFWriter(options.outfile, "llama")
writer.add_tokenizer_pre(model.get_vocab_base_pre(None))
writer.add_name(json.load(open(options.metadata))["general.name"])
writer.add_tensor("by.the.stand.in", numpy.zeros(4, dtype=numpy.float32))
writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file(); writer.close()
"""
UNKNOWN = 'raise SystemExit("Model LlamaForCausalLM is not supported")'
ENDS = {"eos_token_id": 1, "pad_token_id": 0, "bos_token_id": None}
PLACES = ("Lund", "Oslo", "Bari", "Cork", "Graz")
# Numbers are parted in digits by no rule here, so that each prompt is another and so is its answer.
PAIRS = [(f"company {n}: {PLACES[n % 5]}", f"Depot {n * 37 % 100} opens in {PLACES[n % 5]}.") for n in range(100)]
ANSWER_TOKENS = 40


@pytest.fixture
def stand_in(tmp_path):
    """A folder like llama.cpp's, whose script is given."""

    def make(script: str) -> str:
        folder = tmp_path / "llama.cpp"
        (folder / "conversion").mkdir(parents=True)
        (folder / "conversion" / "__init__.py").write_text("")
        (folder / "conversion" / "base.py").write_text(BASE)
        (folder / converter.SCRIPT).write_text(script)
        return str(folder)

    return make


def export(folder: Path, student: Path, **options: str) -> Path:
    """Export a student's folder as GGUF in 16 bits; the run directory."""
    run_dir = folder / "run"
    run_dir.mkdir()
    (run_dir / "artefact").symlink_to(student)
    body = {"artefact": "artefact", "method": "full", "format": "gguf-f16", "name": "tiny", "title": "Tiny", **options}
    write_spec(run_dir, SpecEnvelope(job="1", kind="export", fence=1, lease_s=60, body=body))
    exporting.main(RunDir.open(run_dir))
    return run_dir


def file_of(run_dir: Path) -> gguf.GGUFReader:
    assert sorted(path.name for path in (run_dir / "export").iterdir()) == ["Modelfile", "tiny.F16.gguf"]
    return gguf.GGUFReader(run_dir / "export" / "tiny.F16.gguf")


def log_of(run_dir: Path) -> str:
    events = map(json.loads, (run_dir / "events.jsonl").read_text().splitlines())
    return "\n".join(event["payload"]["message"] for event in events if event["kind"] == "log")


def test_it_is_given_weights_a_title_and_the_name_of_a_tokenizer_it_does_not_know(student, stand_in, tmp_path):
    run_dir = export(tmp_path, student(), converter=stand_in(SCRIPT))

    reader = file_of(run_dir)
    assert [tensor.name for tensor in reader.tensors] == ["by.the.stand.in"]
    assert reader.fields["tokenizer.ggml.pre"].contents() == "gpt-2"
    assert reader.fields["general.name"].contents() == "Tiny"
    assert f"written by {converter.SCRIPT}" in log_of(run_dir)


def test_what_it_does_not_know_is_written_by_ours_and_that_is_logged(student, stand_in, tmp_path):
    run_dir = export(tmp_path, student(), converter=stand_in(UNKNOWN))

    assert len(file_of(run_dir).tensors) > 10
    assert "Model LlamaForCausalLM is not supported" in log_of(run_dir)


@pytest.mark.parametrize(
    ("model_class", "config"),
    [
        (LlamaForCausalLM, LlamaConfig(**SHAPE, hidden_act="gelu")),
        (Qwen3ForCausalLM, Qwen3Config(**SHAPE, head_dim=16, use_sliding_window=True, sliding_window=8,
                                       max_window_layers=0)),
    ],
    ids=["activation", "windows"],
)  # fmt: skip
def test_layers_that_llama_cpp_computes_otherwise_are_not_given_to_it(stand_in, tmp_path, model_class, config):
    """The real one writes such a file without a word, and it loads and writes nonsense."""
    tokenizer, folder = make_tokenizer(), tmp_path / "student"
    config.vocab_size = len(tokenizer)
    model_class(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)

    run_dir = export(tmp_path, folder, converter=stand_in(SCRIPT))

    assert json.loads((run_dir / "result.json").read_text())["error"]["code"] == "gguf_other_layers"
    assert not list(run_dir.rglob("*.gguf"))


def test_a_setting_that_names_nothing_is_said(student, tmp_path):
    run_dir = export(tmp_path, student(), converter=str(tmp_path / "nowhere"))

    error = json.loads((run_dir / "result.json").read_text())["error"]
    assert (error["code"], "LLAMA_CONVERTER" in error["hint"]) == ("no_converter", True)
    assert not list(run_dir.rglob("*.gguf"))


def drawn(family: str, size: int):
    torch.manual_seed(11)
    shape = {"vocab_size": size, **ENDS, **SHAPE}
    if family == "llama":
        return LlamaForCausalLM(LlamaConfig(**shape))
    if family == "qwen3":
        return Qwen3ForCausalLM(Qwen3Config(**shape, head_dim=16))
    shape = {**shape, "num_hidden_layers": 6, "tie_word_embeddings": True}
    return Gemma3ForCausalLM(Gemma3TextConfig(**shape, head_dim=16, sliding_window=8, query_pre_attn_scalar=16))


def taught(family: str, folder: Path) -> Path:
    """A tiny student that knows its answers: a random one has its likeliest two tokens too near for 16 bits."""
    tokenizer = make_tokenizer()
    model = drawn(family, len(tokenizer))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    chat = loading.load(StudentRef(path=str(folder)), dtype=torch.float32).chat
    rows = chat.encode_many(
        [([{"role": "user", "content": q}], [{"role": "assistant", "content": a}]) for q, a in PAIRS]
    )
    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([row + [0] * (width - len(row)) for row, _ in rows])
    labels = torch.tensor([[-100] * n + row[n:] + [-100] * (width - len(row)) for row, n in rows])
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3)
    with torch.enable_grad():
        for _ in range(200):
            loss = model(ids, attention_mask=(ids != 0).long(), labels=labels).loss
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
    # Matrices are as exact in 16 bits as they are here; norms stay in 32.
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data = parameter.data.half().float()
    model.save_pretrained(folder)
    return folder


@contextmanager
def serving(file: Path) -> Iterator[httpx.Client]:
    """The real server of one file, on a socket, whose path has to be short."""
    folder = Path(tempfile.mkdtemp(prefix="llama-"))
    program, socket = Path(left_out.llama_server()), folder / "s.sock"
    options = ["--parallel", "4", "--ctx-size", "2048", "--no-ui", "--offline", "--threads", "1", "--fit", "off"]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(program.resolve().parent)}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--model", file, "--host", socket, *options], env=environment, stdout=log, stderr=log
        )
    try:
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://llama", timeout=60
        ) as client:
            await_server(client, process)
            yield client
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def await_server(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("llama-server does not come up.")


def greedy(client: httpx.Client, prompt: str) -> str:
    body = {"messages": [{"role": "user", "content": prompt}], "temperature": 0, "max_tokens": ANSWER_TOKENS}
    answer = client.post("/v1/chat/completions", json=body)
    return str(answer.raise_for_status().json()["choices"][0]["message"]["content"])


@pytest.mark.llama("converter")
@pytest.mark.slow
@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3"])
def test_greedy_texts_of_100_prompts_are_the_student_s_own(tmp_path, family):
    folder = taught(family, tmp_path / "student")
    run_dir = export(tmp_path, folder, converter=left_out.llama_converter())
    file_of(run_dir)
    assert f"written by {converter.SCRIPT}" in log_of(run_dir)

    with serving(run_dir / "export" / "tiny.F16.gguf") as client:
        texts = [greedy(client, prompt) for prompt, _ in PAIRS]

    own = loading.load(StudentRef(path=str(folder)), dtype=torch.float32)
    prompts = [[{"role": "user", "content": prompt}] for prompt, _ in PAIRS]
    with torch.no_grad():
        answers = {
            answer.index: answer.text
            for answer in generate.generate(own.model, own.chat, prompts, max_new_tokens=ANSWER_TOKENS)
        }
    assert texts == [answers[n] for n in range(len(PAIRS))]
    assert len(set(texts)) > 50
