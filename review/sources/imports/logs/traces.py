"""Traces of observability tools and logs of gateways: which of their rows is a model's call, and where it keeps it."""

from __future__ import annotations

import re
from typing import Any

from review.sources.imports.logs.bodies import answers_in, asked_in, decoded, failure, given_in, model_in
from review.sources.imports.logs.exchange import NO_MESSAGES, Exchange, Row

_OBSERVATIONS = frozenset(
    {"GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL"}
)
_INDEX = re.compile(r"\d+")


def is_bedrock(values: Row) -> bool:
    """A line of Bedrock's log: https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html."""
    return values.get("schemaType") == "ModelInvocationLog" or _is_from_cloudwatch(values)


def read_bedrock(values: Row) -> Exchange:
    """A call by Converse or InvokeModel; of a stream its pieces are put together.

    Raises:
        ValueError: The call failed, its body lies elsewhere, or a message cannot be read.
    """
    if _is_from_cloudwatch(values):
        values = decoded(values["message"])
    if values.get("errorCode"):
        raise ValueError(failure(str(values["errorCode"])))
    bodies = []
    for side, key in (("input", "inputBodyJson"), ("output", "outputBodyJson")):
        held = values.get(side)
        body = decoded(held.get(key)) if isinstance(held, dict) else None
        if body is None and isinstance(held, dict) and (place := held.get(key.replace("Json", "S3Path"))):
            raise ValueError(f"its {side} was too long for the log and is stored at {place}")
        bodies.append(body)
    answers = answers_in(bodies[1])
    if answers is None:
        raise ValueError(f"it is a call of '{values.get('modelId', 'a model')}' that answers no text")
    return Exchange(tuple(asked_in(bodies[0]) or ()), tuple(answers), str(values.get("modelId") or ""))


def is_langsmith(values: Row) -> bool:
    """A run of LangSmith: https://docs.langchain.com/langsmith/run-data-format."""
    return isinstance(values.get("run_type"), str) and ("inputs" in values or "outputs" in values)


def read_langsmith(values: Row) -> Exchange:
    """A run of a model.

    Raises:
        ValueError: It is another kind of run, failed, or its messages cannot be read.
    """
    _require_model(values["run_type"], "llm", "a run")
    if values.get("error"):
        raise ValueError(failure(str(values["error"])))
    inputs, outputs, extra = (decoded(values.get(key)) for key in ("inputs", "outputs", "extra"))
    if isinstance(inputs, dict) and isinstance(prompts := inputs.get("prompts"), list) and len(prompts) == 1:
        inputs = str(prompts[0])
    turns = asked_in(inputs)
    if turns is None:
        raise ValueError(NO_MESSAGES)
    metadata, parameters = (
        (extra.get(key) or {} for key in ("metadata", "invocation_params")) if isinstance(extra, dict) else ({}, {})
    )
    model = str(metadata.get("ls_model_name") or "") or model_in(parameters, outputs, inputs)
    return Exchange(tuple(turns), tuple(given_in(_generation(outputs))), model)


def is_openinference(values: Row) -> bool:
    """A span by OpenInference, as Phoenix exports it: https://arize-ai.github.io/openinference/spec/semantic_conventions.html."""
    attributes = _attributes(values)
    return bool(attributes) and ("llm" in attributes or "openinference" in attributes or "span_kind" in values)


def read_openinference(values: Row) -> Exchange:
    """A span of a model; attributes may be nested, or flat under dotted names.

    Raises:
        ValueError: It is another kind of span, failed, or its messages cannot be read.
    """
    attributes = _attributes(values)
    kind = _at(attributes, "openinference", "span", "kind") or values.get("span_kind")
    if isinstance(kind, str):
        _require_model(kind, "llm", "a span")
    if str(values.get("status_code") or "").upper() == "ERROR":
        raise ValueError(failure(values.get("status_message")))
    llm = attributes.get("llm") or {}
    turns = asked_in(decoded(llm.get("input_messages"))) or asked_in(decoded(_at(attributes, "input", "value")))
    if not turns:
        raise ValueError(NO_MESSAGES)
    answers = given_in(decoded(llm.get("output_messages")) or decoded(_at(attributes, "output", "value")))
    return Exchange(tuple(turns), tuple(answers), str(llm.get("model_name") or ""))


def is_langfuse(values: Row) -> bool:
    """An observation or trace of Langfuse: https://langfuse.com/docs/api-and-data-platform/features/export-from-ui."""
    has_text = "input" in values and "output" in values
    is_observed = "traceId" in values or "trace_id" in values or "observations" in values or "bookmarked" in values
    return has_text and (is_observed or values.get("type") in _OBSERVATIONS)


def read_langfuse(values: Row) -> Exchange:
    """A generation, or a trace with its text in and out.

    Raises:
        ValueError: It is another kind of observation, failed, or its messages cannot be read.
    """
    if isinstance(kind := values.get("type"), str):
        _require_model(kind, "generation", "an observation")
    if values.get("level") == "ERROR":
        raise ValueError(failure(values.get("statusMessage") or values.get("status_message")))
    source_input = decoded(values["input"])
    turns = asked_in(source_input)
    if turns is None:
        raise ValueError(NO_MESSAGES)
    output = decoded(values["output"])
    names = ("model", "providedModelName", "provided_model_name", "internalModelId")
    model = next((str(values[name]) for name in names if values.get(name)), "")
    return Exchange(tuple(turns), tuple(given_in(output)), model or model_in(output, source_input))


def is_litellm(values: Row) -> bool:
    """A payload of LiteLLM's log: https://docs.litellm.ai/docs/proxy/logging_spec."""
    return "call_type" in values and "response" in values and ("messages" in values or "model_group" in values)


def read_litellm(values: Row) -> Exchange:
    """A call that the gateway passed on.

    Raises:
        ValueError: It failed, or a message cannot be read.
    """
    status = values.get("status")
    if status == "failure":
        raise ValueError(failure(values.get("error_str")))
    turns, response = asked_in(decoded(values.get("messages"))), decoded(values.get("response"))
    if not turns:
        raise ValueError(NO_MESSAGES)
    return Exchange(tuple(turns), tuple(given_in(response)), model_in(values, response))


def _generation(outputs: object) -> object:
    """LangChain's own form of an answer: lists of generations, each with a message or a text."""
    generations = outputs.get("generations") if isinstance(outputs, dict) else None
    while isinstance(generations, list) and generations:
        generations = generations[0]
    if not isinstance(generations, dict):
        return outputs
    return [generations["message"]] if isinstance(generations.get("message"), dict) else generations.get("text")


def _require_model(kind: str, expected_kind: str, noun: str) -> None:
    if kind.lower() != expected_kind:
        raise ValueError(f"{noun} of the kind {kind}, which calls no model")


def _is_from_cloudwatch(values: Row) -> bool:
    message = values.get("message")
    return isinstance(message, str) and '"ModelInvocationLog"' in message


def _attributes(values: Row) -> dict[str, Any]:
    """The attributes of a span, nested by the dots of their names."""
    held = decoded(values.get("attributes"))
    if not isinstance(held, dict):
        held = {
            name.removeprefix("attributes."): value for name, value in values.items() if name.startswith("attributes.")
        }
    nested = _nested(held)
    return nested if isinstance(nested, dict) else {}


def _nested(value: object) -> Any:
    if isinstance(value, list):
        return [_nested(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    tree: dict[str, Any] = {}
    for name, inner in value.items():
        *path, last = str(name).split(".")
        place: dict[str, Any] = tree
        for step in path:
            if not isinstance(place.get(step), dict):
                place[step] = {}
            place = place[step]
        made = _nested(inner)
        if isinstance(made, dict) and isinstance(place.get(last), dict):
            place[last].update(made)
        else:
            place[last] = made
    return _listed(tree)


def _listed(tree: dict[str, Any]) -> Any:
    """Keys that count from 0 are places of a list."""
    for name, inner in tree.items():
        if isinstance(inner, dict):
            tree[name] = _listed(inner)
    if tree and all(_INDEX.fullmatch(name) for name in tree):
        return [tree[name] for name in sorted(tree, key=int)]
    return tree


def _at(tree: object, *path: str) -> Any:
    for step in path:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree
