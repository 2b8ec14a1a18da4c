"""A tokenizer as GGUF keeps it: tokens with their types, merges or scores, special tokens and the chat template.

Read from the fast tokenizer itself. llama.cpp has each way of cutting text before merging built in under a name; one
that it does not know is refused, since text would be cut otherwise than in training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gguf

from training.engine.contracts import TrainError
from training.engine.model.loading import LoadedStudent

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Type = gguf.TokenType
_BYTE: Final = re.compile(r"\A<0x[0-9A-F]{2}>\Z")
_WORDS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# Patterns of Llama 3 and Qwen 2, as their tokenizer.json holds them: digits by threes, or one by one.
PATTERNS: Final = {_WORDS + r"\p{N}{1,3}" + _REST: "llama-bpe", _WORDS + r"\p{N}" + _REST: "qwen2"}


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in the order of their ids, and how text becomes them.

    `model` is `gpt2` (bytes as letters, merges) or `llama` (pieces with scores, bytes as a way out); `cut` names the
    pattern that parts text before merging.
    """

    model: str
    cut: str
    tokens: list[str]
    types: list[int]
    merges: list[str]
    scores: list[float]
    special: dict[str, int]
    template: str
    has_space_prefix: bool
    adds_bos: bool


_ENDS = ("eos", "eot")


def read(student: LoadedStudent, size: int) -> Vocabulary:
    """The vocabulary of a student, filled up to the `size` of its embedding.

    Raises:
        TrainError: It is no BPE, or cuts text in a way that llama.cpp has no name for.
    """
    tokenizer = student.chat.tokenizer
    inner = json.loads(tokenizer.backend_tokenizer.to_str())
    model = inner["model"]
    if model["type"] != "BPE":
        raise _unknown(f"its model is {model['type']}, not BPE")
    added = {int(token["id"]): token for token in inner["added_tokens"]}
    words = {int(id_): word for word, id_ in model["vocab"].items()} | {
        n: token["content"] for n, token in added.items()
    }
    # llama.cpp takes as many tokens as the embedding has rows; an added one beyond them is never written.
    special = _special(student)
    needed = {n for n in words if n not in added} | {n for name, n in special.items() if name in _ENDS}
    if (last := max(needed)) >= size:
        raise _unknown(f"its token {last} has no row in the embedding of {size}")
    tokens = [words.get(n, f"[PAD{n}]") for n in range(size)]
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]
    is_pieces = bool(model.get("byte_fallback"))
    types = [_type(n, word, words, added, model.get("unk_token"), is_pieces) for n, word in enumerate(tokens)]
    return Vocabulary(
        model="llama" if is_pieces else "gpt2",
        cut="default" if is_pieces else _cut(inner["pre_tokenizer"]),
        tokens=tokens,
        types=types,
        merges=[] if is_pieces else merges,
        scores=_scores(tokens, merges) if is_pieces else [],
        special={name: n for name, n in special.items() if n < size},
        template=str(tokenizer.chat_template or ""),
        has_space_prefix="Prepend" in json.dumps(inner["normalizer"]),
        adds_bos=_adds_bos(tokenizer),
    )


def cut_of(student: LoadedStudent) -> str:
    """Return llama.cpp's name for how a tokenizer parts text; empty where it merges no bytes or has no name."""
    inner = json.loads(student.chat.tokenizer.backend_tokenizer.to_str())
    if inner["model"]["type"] != "BPE" or inner["model"].get("byte_fallback"):
        return ""
    try:
        return _cut(inner["pre_tokenizer"])
    except TrainError:
        return ""


def describe(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.cut)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.scores:
        writer.add_token_scores(vocabulary.scores)
        writer.add_add_space_prefix(vocabulary.has_space_prefix)
    if vocabulary.merges:
        writer.add_token_merges(vocabulary.merges)
    write = {
        "bos": writer.add_bos_token_id,
        "eos": writer.add_eos_token_id,
        "eot": writer.add_eot_token_id,
        "pad": writer.add_pad_token_id,
        "unk": writer.add_unk_token_id,
    }
    for name, number in vocabulary.special.items():
        write[name](number)
    writer.add_add_bos_token(vocabulary.adds_bos)
    if vocabulary.template:
        writer.add_chat_template(vocabulary.template)


def _type(
    number: int, word: str, words: Mapping[int, str], added: Mapping[int, Any], unknown: str | None, is_pieces: bool
) -> int:
    if number not in words:
        return int(Type.UNUSED)
    if word == unknown:
        return int(Type.UNKNOWN)
    if number in added:
        return int(Type.CONTROL if added[number]["special"] else Type.USER_DEFINED)
    return int(Type.BYTE if is_pieces and _BYTE.match(word) else Type.NORMAL)


def _scores(tokens: list[str], merges: list[str]) -> list[float]:
    """Score early merges high: llama.cpp merges the best-scored pair first, the tokenizer the earliest."""
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(merges):
        left, _, right = merge.partition(" ")
        ranks.setdefault(left + right, rank)
    return [-float(ranks.get(token, len(merges))) for token in tokens]


def _cut(pre_tokenizer: Mapping[str, Any]) -> str:
    """llama.cpp's name for a byte-level tokenizer's pre-tokenization."""
    parts = pre_tokenizer["pretokenizers"] if pre_tokenizer["type"] == "Sequence" else [pre_tokenizer]
    kinds = [part["type"] for part in parts]
    if any(part.get("add_prefix_space") for part in parts):
        raise _unknown("it puts a space before every text")
    if kinds == ["ByteLevel"] and parts[0]["use_regex"]:
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and parts[0]["individual_digits"] and parts[1]["use_regex"]:
        return "smollm"
    if kinds == ["Split", "ByteLevel"] and not parts[1]["use_regex"]:
        name = PATTERNS.get(parts[0]["pattern"].get("Regex", ""))
        if name and (parts[0]["behavior"], parts[0]["invert"]) == ("Isolated", False):
            return name
    raise _unknown("llama.cpp has no name for how it cuts text")


def _special(student: LoadedStudent) -> dict[str, int]:
    tokenizer = student.chat.tokenizer
    ids = {
        "bos": tokenizer.bos_token_id,
        "eos": tokenizer.eos_token_id,
        "pad": tokenizer.pad_token_id,
        "unk": tokenizer.unk_token_id,
    }
    # A turn may end by another token than a text does.
    turn = student.chat.end_of_turn
    return {name: int(n) for name, n in {**ids, "eot": turn}.items() if n is not None}


def _adds_bos(tokenizer: PreTrainedTokenizerBase) -> bool:
    ids = tokenizer("a").input_ids
    return bool(ids) and tokenizer.bos_token_id is not None and ids[0] == tokenizer.bos_token_id


def _unknown(why: str) -> TrainError:
    return TrainError(
        "gguf_tokenizer",
        f"this student's tokenizer cannot be written to GGUF: {why}",
        "Export this miniature as merged safetensors.",
    )
