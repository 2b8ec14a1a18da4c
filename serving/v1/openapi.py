"""`/v1` as OpenAPI: the paths beside the product's own API, for the schema that both stand in. Data only."""

from __future__ import annotations

from typing import Any, Final

from serving.openai import drawing, messages, requests

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_PENALTY: Final = {"type": ["number", "null"], "minimum": -2, "maximum": 2}
_ERROR: Final = {"$ref": "#/components/schemas/V1Error"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required or properties)}


def _or_null(kind: str, **bounds: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **bounds}


def _answer(description: str, shape: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": shape}}}


_MESSAGE = _object(
    {
        "role": {"type": "string", "enum": list(messages.ROLES)},
        "content": {
            "anyOf": [_TEXT, {"type": "array", "items": _object({"type": _TEXT, "text": _TEXT})}, {"type": "null"}],
            "example": "company: Northwind",
        },
        "name": _or_null("string", maxLength=messages.LONGEST_NAME, example="eve"),
    },
    "role",
)
_REQUEST = _object(
    {
        "model": {"type": "string", "example": "outreach-e-mail"},
        "messages": {"type": "array", "items": _MESSAGE, "maxItems": messages.MAX_MESSAGES},
        "n": _or_null("integer", minimum=1, maximum=requests.MOST_CHOICES),
        "stream": _or_null("boolean", example=False),
        "temperature": _or_null("number", minimum=0, maximum=2),
        "top_p": _or_null("number", exclusiveMinimum=0, maximum=1),
        "top_k": _or_null("integer", minimum=-1, maximum=drawing.MOST_TOP_K, example=40),
        "min_p": _or_null("number", minimum=0, maximum=1, example=0.05),
        "max_completion_tokens": _or_null("integer", minimum=1, maximum=requests.LONGEST_ANSWER, example=512),
        "seed": _or_null("integer"),
        "stop": {
            "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "maxItems": requests.MAX_STOPS}, {"type": "null"}],
            "example": ["END"],
        },
        "presence_penalty": {**_PENALTY, "example": 0.5},
        "frequency_penalty": {**_PENALTY, "example": 0.5},
        "repetition_penalty": _or_null(
            "number", exclusiveMinimum=0, maximum=drawing.LARGEST_REPETITION_PENALTY, example=1.1
        ),
        "logit_bias": {"type": ["object", "null"], "example": {"17": -100}},
        "logprobs": _or_null("boolean"),
        "top_logprobs": _or_null("integer", minimum=0, maximum=requests.MOST_TOP_LOGPROBS),
        "response_format": {"type": ["object", "null"], "example": {"type": "text"}},
    },
    "model",
    "messages",
)
_CHOICE = _object(
    {
        "index": _COUNT,
        "message": _object({"role": {"type": "string", "const": "assistant"}, "content": _TEXT}),
        "logprobs": {"type": ["object", "null"]},
        "finish_reason": {"type": "string", "enum": ["stop", "length"]},
    }
)
_COMPLETION = _object(
    {
        "id": {"type": "string", "example": "chatcmpl-1"},
        "object": {"type": "string", "const": "chat.completion"},
        "created": _COUNT,
        "model": {"type": "string", "example": "outreach-e-mail"},
        "choices": {"type": "array", "items": _CHOICE},
        "usage": _object({"prompt_tokens": _COUNT, "completion_tokens": _COUNT, "total_tokens": _COUNT}),
    }
)
_MODEL = _object(
    {
        "id": {"type": "string", "example": "outreach-e-mail"},
        "object": {"type": "string", "const": "model"},
        "created": _COUNT,
        "owned_by": {"type": "string", "example": "outreach-e-mail"},
    }
)
_PROBLEM = _object(
    {
        "error": _object(
            {
                "message": {"type": "string", "example": "'n' must be a whole number from 1 to 8."},
                "type": {"type": "string", "example": "invalid_request_error"},
                "param": {"type": ["string", "null"], "example": "n"},
                "code": {"type": ["string", "null"], "example": "invalid_value"},
            }
        )
    }
)
SCHEMAS: Final = {
    "V1ChatRequest": _REQUEST,
    "V1ChatCompletion": _COMPLETION,
    "V1Model": _MODEL,
    "V1ModelList": _object(
        {
            "object": {"type": "string", "const": "list"},
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/V1Model"}},
        }
    ),
    "V1Error": _PROBLEM,
}


def _operation(name: str, description: str, answer: str, **more: Any) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{answer}"}
    return {
        "operationId": name,
        "description": description,
        "tags": ["v1"],
        "security": [{"bearer": []}],
        "responses": {"200": _answer("", shape), "4XX": _answer("In OpenAI's shape.", _ERROR)},
        **more,
    }


PATHS: Final = {
    "/v1/chat/completions": {
        "post": _operation(
            "v1_chat_completions",
            "Answer a conversation, as OpenAI's chat completions. "
            "With `stream: true` the answer is server-sent events.",
            "V1ChatCompletion",
            requestBody={
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/V1ChatRequest"}}},
            },
        )
    },
    "/v1/models": {"get": _operation("v1_models", "List models that the token's member may ask.", "V1ModelList")},
    "/v1/models/{model}": {
        "get": _operation(
            "v1_model",
            "One model by its name.",
            "V1Model",
            parameters=[
                {"in": "path", "name": "model", "required": True, "schema": {**_TEXT, "example": "outreach-e-mail"}}
            ],
        )
    },
}
