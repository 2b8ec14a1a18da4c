"""The config and the weights' shapes of a student in common use, from the few numbers that its family leaves open.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

Shapes = dict[str, tuple[int, ...]]
# Tokens a family keeps beside those of its context; relative positions DeBERTa tells apart; buckets of T5's distances.
_MORE_POSITIONS, _RELATIVE, _BUCKETS = 2, 512, 32


class StudentSizes(Protocol):
    """The numbers that a family leaves open: widths, counts and lengths, as `catalogue.KnownStudent` lists them."""

    @property
    def family(self) -> str: ...
    @property
    def is_encoder(self) -> bool: ...
    @property
    def hidden(self) -> int: ...
    @property
    def layers(self) -> int: ...
    @property
    def heads(self) -> int: ...
    @property
    def key_value_heads(self) -> int: ...
    @property
    def head(self) -> int: ...
    @property
    def intermediate(self) -> int: ...
    @property
    def vocabulary(self) -> int: ...
    @property
    def context(self) -> int: ...
    @property
    def is_tied(self) -> bool: ...
    @property
    def sees(self) -> int: ...


def config_of(student: StudentSizes) -> dict[str, Any]:
    """Return what of its config.json tells sizes."""
    config = {"model_type": student.family, "vocab_size": student.vocabulary}
    if student.family == "t5":
        return config | {
            "is_encoder_decoder": True,
            "d_model": student.hidden,
            "d_ff": student.intermediate,
            "d_kv": student.head,
            "num_layers": student.layers,
            "num_heads": student.heads,
            "feed_forward_proj": "gated-gelu",
        }
    if student.family == "bart":
        sides = {
            f"{side}_{name}": value
            for side in ("encoder", "decoder")
            for name, value in (
                ("layers", student.layers),
                ("attention_heads", student.heads),
                ("ffn_dim", student.intermediate),
            )
        }
        return config | sides | {"is_encoder_decoder": True, "d_model": student.hidden, "attention_dropout": 0.1}
    config |= {
        "hidden_size": student.hidden,
        "num_hidden_layers": student.layers,
        "num_attention_heads": student.heads,
        "intermediate_size": student.intermediate,
    }
    if student.is_encoder:
        return config | _OF_ENCODERS[student.family]
    return config | {"num_key_value_heads": student.key_value_heads, "head_dim": student.head}


_OF_ENCODERS: Final[dict[str, dict[str, Any]]] = {
    "modernbert": {"attention_dropout": 0.0},
    "xlm-roberta": {
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512 + _MORE_POSITIONS,
        "type_vocab_size": 1,
    },
    "deberta-v2": {
        "attention_probs_dropout_prob": 0.1,
        "relative_attention": True,
        "position_buckets": _RELATIVE // 2,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_biased_input": False,
        "type_vocab_size": 0,
    },
}


def weights_of(student: StudentSizes) -> Shapes:
    """The shapes of its weights by names that tell what they are for."""
    return _BY_FAMILY.get(student.family, _decoder)(student)


def _decoder(student: StudentSizes) -> Shapes:
    hidden, queries, pairs = student.hidden, student.heads * student.head, student.key_value_heads * student.head
    layer: Shapes = {
        "self_attn.o_proj": (hidden, queries),
        "mlp.down_proj": (hidden, student.intermediate),
        "input_layernorm": (hidden,),
        "post_attention_layernorm": (hidden,),
    }
    if student.family == "phi3":
        layer |= {"self_attn.qkv_proj": (queries + 2 * pairs, hidden)}
        layer |= {"mlp.gate_up_proj": (2 * student.intermediate, hidden)}
    else:
        layer |= {"self_attn.q_proj": (queries, hidden), "self_attn.k_proj": (pairs, hidden)}
        layer |= {"self_attn.v_proj": (pairs, hidden), "mlp.gate_proj": (student.intermediate, hidden)}
        layer |= {"mlp.up_proj": (student.intermediate, hidden)}
    if student.family.startswith(("gemma3", "qwen3")):
        layer |= {"self_attn.q_norm": (student.head,), "self_attn.k_norm": (student.head,)}
    if student.family.startswith("gemma3"):
        layer |= {"pre_feedforward_layernorm": (hidden,), "post_feedforward_layernorm": (hidden,)}
    shapes = _layers("model.layers", student.layers, layer)
    shapes |= {"model.embed_tokens.weight": (student.vocabulary, hidden), "model.norm.weight": (hidden,)}
    if not student.is_tied:
        shapes["lm_head.weight"] = (student.vocabulary, hidden)
    if student.sees:
        shapes |= {"vision_tower.weight": (student.sees,), "multi_modal_projector.weight": (1152 * (hidden + 1),)}
    return shapes


def _modernbert(student: StudentSizes) -> Shapes:
    hidden, inside = student.hidden, student.intermediate
    layer: Shapes = {
        "attn_norm": (hidden,),
        "attn.Wqkv": (3 * hidden, hidden),
        "attn.Wo": (hidden, hidden),
        "mlp_norm": (hidden,),
        "mlp.Wi": (2 * inside, hidden),
        "mlp.Wo": (hidden, inside),
    }
    shapes = _layers("layers", student.layers, layer)
    # The embedding is normed already.
    del shapes["layers.0.attn_norm.weight"]
    return shapes | {
        "embeddings.tok_embeddings.weight": (student.vocabulary, hidden),
        "embeddings.norm.weight": (hidden,),
        "final_norm.weight": (hidden,),
    }


def _bert(student: StudentSizes) -> Shapes:
    """XLM-R and DeBERTa: BERT's layers, with absolute positions, or relative ones in each layer."""
    hidden, inside = student.hidden, student.intermediate
    layer: Shapes = {}
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        layer |= _with_bias(f"attention.{part}", hidden, hidden)
    layer |= _with_bias("intermediate.dense", inside, hidden) | _with_bias("output.dense", hidden, inside)
    layer |= _norm("attention.output.LayerNorm", hidden) | _norm("output.LayerNorm", hidden)
    shapes = {
        f"encoder.layer.{number}.{name}": sizes for number in range(student.layers) for name, sizes in layer.items()
    }
    shapes |= {"embeddings.word_embeddings.weight": (student.vocabulary, hidden)} | _norm(
        "embeddings.LayerNorm", hidden
    )
    if student.family == "deberta-v2":
        return shapes | {"encoder.rel_embeddings.weight": (_RELATIVE, hidden)} | _norm("encoder.LayerNorm", hidden)
    return shapes | {
        "embeddings.position_embeddings.weight": (student.context + _MORE_POSITIONS, hidden),
        "embeddings.token_type_embeddings.weight": (1, hidden),
    }


def _t5(student: StudentSizes) -> Shapes:
    hidden, queries, inside = student.hidden, student.heads * student.head, student.intermediate
    attention: Shapes = {"q": (queries, hidden), "k": (queries, hidden), "v": (queries, hidden), "o": (hidden, queries)}
    forward: Shapes = {"wi_0": (inside, hidden), "wi_1": (inside, hidden), "wo": (hidden, inside)}
    shapes: Shapes = {"shared.weight": (student.vocabulary, hidden)}
    if not student.is_tied:
        shapes["lm_head.weight"] = (student.vocabulary, hidden)
    for side, attentions in (("encoder", ("SelfAttention",)), ("decoder", ("SelfAttention", "EncDecAttention"))):
        layer = {f"{kind}.{name}": sizes for kind in attentions for name, sizes in attention.items()}
        layer |= {f"DenseReluDense.{name}": sizes for name, sizes in forward.items()}
        layer |= {f"{kind}.layer_norm": (hidden,) for kind in (*attentions, "DenseReluDense")}
        shapes |= _layers(f"{side}.block", student.layers, layer)
        shapes[f"{side}.relative_attention_bias.weight"] = (_BUCKETS, student.heads)
        shapes[f"{side}.final_layer_norm.weight"] = (hidden,)
    return shapes


def _bart(student: StudentSizes) -> Shapes:
    hidden, inside = student.hidden, student.intermediate
    shapes: Shapes = {"model.shared.weight": (student.vocabulary, hidden)}
    for side, attentions in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        layer: Shapes = _with_bias("fc1", inside, hidden) | _with_bias("fc2", hidden, inside)
        layer |= _norm("final_layer_norm", hidden)
        for kind in attentions:
            layer |= _norm(f"{kind}_layer_norm", hidden)
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                layer |= _with_bias(f"{kind}.{part}", hidden, hidden)
        for number in range(student.layers):
            shapes |= {f"model.{side}.layers.{number}.{name}": sizes for name, sizes in layer.items()}
        shapes[f"model.{side}.embed_positions.weight"] = (student.context + _MORE_POSITIONS, hidden)
        shapes |= _norm(f"model.{side}.layernorm_embedding", hidden)
    return shapes


def _layers(prefix: str, count: int, layer: Shapes) -> Shapes:
    return {f"{prefix}.{number}.{name}.weight": sizes for number in range(count) for name, sizes in layer.items()}


def _with_bias(name: str, out_width: int, in_width: int) -> Shapes:
    return {f"{name}.weight": (out_width, in_width), f"{name}.bias": (out_width,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


_BY_FAMILY: Final[dict[str, Callable[[StudentSizes], Shapes]]] = {
    "modernbert": _modernbert,
    "deberta-v2": _bert,
    "xlm-roberta": _bert,
    "t5": _t5,
    "bart": _bart,
}
