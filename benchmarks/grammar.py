"""Decoding under a grammar: that what is written always fits, and what it costs.

    make bench NAME=grammar            10,000 outputs
    python -m benchmarks.grammar 400   fewer

Outputs of untrained students of three families, of the demo's student as it is and as it is tuned in a minute on values of
those very schemas, under the forty schemas of `benchmarks.schemas`: each is parsed and validated by jsonschema, and those cut at the
length limit are counted apart. Then eight rows are decoded under a grammar and freely, token for token and in turns, and
masks are filled for a vocabulary of 131,072 tokens. The last line is one JSON object; `ratio` is tokens/s under a grammar over
tokens/s without.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from benchmarks.schemas import LONGEST_TOKENS, of, schemas, without_steps
from training.engine.contracts import StudentRef
from training.engine.data.chat import Chat, open_chat
from training.engine.grammar.json_form import json_grammar
from training.engine.grammar.token_masks import grammars_of, mask_scores
from training.engine.model import generate, loading
from training.engine.model.generate import Sampling

DEMO = Path(__file__).parents[1] / "demo/student/weights"
BATCH = 50
ROUNDS = 7
TOKENS = 128
BIG_VOCABULARY = 131_072
PROMPT = [{"role": "user", "content": "Fill in the form."}]


def demo_student() -> tuple[Any, Chat]:
    loaded = loading.load(StudentRef(path=str(DEMO)), dtype=torch.float32)
    return loaded.model.eval(), loaded.chat


def untrained(family: str, chat: Chat) -> Any:
    """A network of two small layers with random weights, over the demo's tokenizer."""
    shape = {
        "vocab_size": len(chat.tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
    }
    torch.manual_seed(len(family))
    return (
        Qwen3ForCausalLM(Qwen3Config(**shape)) if family == "qwen" else LlamaForCausalLM(LlamaConfig(**shape))
    ).eval()


def tuned(model: Any, chat: Chat, seconds: float) -> Any:
    """The student after some steps on canonical texts of the schemas, as an untrained one wrote them."""
    texts = [written.text for schema in schemas() for written in write(model, chat, schema, 2, seed=9)]
    optimiser, dice = torch.optim.AdamW(model.parameters(), lr=1e-3), random.Random(1)
    until = time.perf_counter() + seconds
    model.train()
    while time.perf_counter() < until:
        ids, prompt = chat.encode(PROMPT, [{"role": "assistant", "content": dice.choice(texts)}])
        row = torch.tensor([ids])
        labels = row.clone()
        labels[0, :prompt] = -100
        model(input_ids=row, labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    return model.eval()


def write(model: Any, chat: Chat, schema: Any, count: int, *, seed: int) -> list[Any]:
    return list(
        generate.generate(
            model,
            chat,
            [PROMPT] * count,
            max_new_tokens=LONGEST_TOKENS,
            sampling=Sampling(temperature=1.0, seed=seed),
            batch_size=BATCH,
            grammar=json_grammar(schema),
        )
    )


def validity(students: dict[str, Any], chat: Chat, total: int) -> dict[str, Any]:
    """How many outputs of each student fit, do not, and were cut."""
    each = math.ceil(total / (len(students) * len(schemas())))
    told: dict[str, Any] = {}
    for name, model in students.items():
        counts: Counter[str] = Counter()
        for number, schema in enumerate(schemas()):
            validator = jsonschema.Draft202012Validator(without_steps(schema))
            for answer in write(model, chat, schema, each, seed=number + 1):
                counts[_verdict(answer, validator)] += 1
                counts["tokens"] += answer.completion_tokens
        told[name] = dict(counts)
        print(f"{name}: {told[name]}", flush=True)
    return told


def _verdict(answer: Any, validator: Any) -> str:
    if not answer.ended:
        return "cut"
    try:
        return "fits" if validator.is_valid(json.loads(answer.text)) else "misfits"
    except ValueError:
        return "unreadable"


def speed(model: Any, chat: Chat) -> dict[str, float]:
    """Median tokens/s of eight rows under a grammar and freely, as many tokens each, in turns."""
    schema = of(
        rows={"type": "array", "minItems": 60, "maxItems": 60, "items": of(name={"type": "string", "maxLength": 40})}
    )
    rates: dict[str, list[float]] = {"held": [], "free": []}
    free_chat = Chat(chat.tokenizer, chat.end_of_turn, frozenset(), chat.pad)
    ways = {"held": (chat, json_grammar(schema)), "free": (free_chat, None)}
    for turn in range(ROUNDS + 1):
        for name, (used, grammar) in ways.items():
            began = time.process_time()
            answers = list(
                generate.generate(
                    model,
                    used,
                    [PROMPT] * 8,
                    max_new_tokens=TOKENS,
                    sampling=Sampling(temperature=1.0, seed=turn),
                    grammar=grammar,
                )
            )
            if turn:
                tokens = sum(answer.completion_tokens for answer in answers)
                rates[name].append(tokens / (time.process_time() - began))
    return {name: round(statistics.median(values), 1) for name, values in rates.items()}


def masks_of_a_big_vocabulary() -> dict[str, float]:
    """Microseconds a row for 131,072 tokens: a mask alone, and with eight rows' scores struck out by it."""
    dice = random.Random(3)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    # As in vocabularies of real models, most tokens are letters with a blank before them or none.
    common = [*"etaoinshrdlucmfwypvbgk" * 3, *"Ġ" * 6, *letters[:90]]
    words = {letter: number for number, letter in enumerate(letters)}
    while len(words) < BIG_VOCABULARY - 1:
        words.setdefault("".join(dice.choices(common, k=dice.randint(2, 8))), len(words))
    inner = Tokenizer(models.BPE(vocab=words, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>")
    chat = open_chat(tokenizer)
    began = time.perf_counter()
    grammars = grammars_of(chat, len(tokenizer))
    grammar = json_grammar(of(text={"type": "string", "maxLength": 400}, count={"type": "integer"}))
    grammars.begin(grammar)
    opened_s = time.perf_counter() - began
    states = [grammars.begin(grammar) for _ in range(8)]
    text = '{\n "text": "' + "We write to you about a depot. " * 4
    alone, with_scores = [], []
    for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
        began = time.process_time()
        _ = [state.mask for state in states]
        alone.append((time.process_time() - began) / 8)
        scores = torch.zeros(8, len(tokenizer))
        began = time.process_time()
        mask_scores(scores, states)
        with_scores.append((time.process_time() - began) / 8)
        for state in states:
            state.take(token)
    return {
        "vocabulary": len(tokenizer),
        "opened_s": round(opened_s, 2),
        "mask_us": round(statistics.median(alone) * 1e6),
        "mask_and_scores_us": round(statistics.median(with_scores) * 1e6),
    }


def main() -> int:
    """Measure and print."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    torch.set_num_threads(1)
    demo, chat = demo_student()
    big = masks_of_a_big_vocabulary()
    print(f"masks: {big}", flush=True)
    rates = speed(demo, chat)
    ratio = round(rates["held"] / rates["free"], 3)
    print(f"eight rows: {rates}, ratio {ratio}", flush=True)
    students = {"untrained-qwen": untrained("qwen", chat), "untrained-llama": untrained("llama", chat), "demo": demo}
    counts = validity(students, chat, math.ceil(total * 3 / 4))
    counts |= validity(
        {"demo-tuned": tuned(demo, chat, seconds=60 if total >= 10_000 else 5)}, chat, math.ceil(total / 4)
    )
    written = {
        kind: sum(each.get(kind, 0) for each in counts.values()) for kind in ("fits", "misfits", "unreadable", "cut")
    }
    print(json.dumps({"bench": "grammar", "ratio": ratio, "tokens_per_s": rates, "outputs": written, "big": big}))
    return 0 if written["misfits"] == written["unreadable"] == written["cut"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
