"""A stand-in of vLLM's wire, started as vLLM is: the command line,
the LoRA endpoints and `/v1/completions` of 0.32, and no more.

It is strict: an option, a field or a value that vLLM would not take, or that it would take in another sense, is an
error. Its "model" scores tokens by a hash of the adapter and the last tokens, so that each adapter writes another text,
and the same one each time.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from llguidance import LLMatcher, LLTokenizer

VERSION = "0.32.0"
PAUSE_S = float(os.environ.get("STAND_IN_PAUSE_S", "0"))
FIELDS = {
    "model", "prompt", "max_tokens", "stream", "return_token_ids", "logprobs", "return_tokens_as_token_ids",
    "stop_token_ids", "temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty",
    "repetition_penalty", "seed", "stream_interval", "logit_bias", "structured_outputs", "vllm_xargs",
}  # fmt: skip


def options() -> argparse.Namespace:
    assert sys.argv[1:3] == ["-m", "vllm.entrypoints.openai.api_server"], sys.argv
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--model", "--served-model-name", "--uds", "--structured-outputs-config", "--logits-processors"):
        parser.add_argument(name, required=True)
    parser.add_argument("--dtype", choices=["float32"], required=True)
    parser.add_argument("--generation-config", choices=["vllm"], required=True)
    parser.add_argument("--max-num-seqs", type=int, required=True)
    parser.add_argument("--max-model-len", type=int, choices=[-1], required=True)
    for name in ("--disable-uvicorn-access-log", "--disable-log-stats", "--enforce-eager"):
        parser.add_argument(name, action="store_true", required=True)
    parser.add_argument("--enable-lora", action="store_true")
    for name in ("--max-loras", "--max-cpu-loras", "--max-lora-rank"):
        parser.add_argument(name, type=int)
    return parser.parse_args(sys.argv[3:])


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class StandIn:
    """The application."""

    def __init__(self, chosen: argparse.Namespace, *, is_ours: bool = True) -> None:
        self.chosen, self.adapters = chosen, {}
        assert json.loads(chosen.structured_outputs_config) == {"backend": "guidance"}
        if is_ours:
            assert chosen.logits_processors == "miniatures_no_repeat:NoRepeat"
            assert (Path(os.environ["PYTHONPATH"]) / "miniatures_no_repeat.py").is_file()
        self.fields = FIELDS if is_ours else FIELDS - {"vllm_xargs"}
        self.may_load = os.environ["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "True" and chosen.enable_lora
        self.key = os.environ["VLLM_API_KEY"]
        config = json.loads((Path(chosen.model) / "config.json").read_text())
        self.vocabulary, self.length = config["vocab_size"], config["max_position_embeddings"]
        self.end = config["eos_token_id"]
        tokenizer = (Path(chosen.model) / "tokenizer.json").read_text()
        self.matchers = LLTokenizer(tokenizer, n_vocab=self.vocabulary, eos_token=self.end)
        self.running = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        try:
            await self.answer(scope, receive, send)
        except Refused as refused:
            error = {"error": {"message": refused.message, "type": "BadRequestError", "code": refused.status}}
            await reply(send, refused.status, error)

    async def answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"]
        if path.startswith("/v1") and dict(scope["headers"]).get(b"authorization") != f"Bearer {self.key}".encode():
            raise Refused(401, "Unauthorized")
        match scope["method"], path:
            case "GET", "/health":
                await reply(send, 200, None)
            case "GET", "/version":
                await reply(send, 200, {"version": VERSION})
            case "GET", "/load":
                await reply(send, 200, {"server_load": self.running, "adapters": sorted(self.adapters)})
            case "GET", "/v1/models":
                card = {"id": self.chosen.served_model_name, "max_model_len": self.length}
                await reply(send, 200, {"data": [card, *({"id": name} for name in self.adapters)]})
            case "POST", "/v1/load_lora_adapter":
                self.load(**await body_of(receive))
                await reply(send, 200, "Success")
            case "POST", "/v1/unload_lora_adapter":
                if self.adapters.pop((await body_of(receive))["lora_name"], None) is None:
                    raise Refused(404, "The lora adapter cannot be found.")
                await reply(send, 200, "Success")
            case "POST", "/v1/completions":
                await self.complete(await body_of(receive), receive, send)
            case _:
                raise Refused(404, "Not Found")

    def load(self, *, lora_name: str, lora_path: str) -> None:
        if not self.may_load:
            raise Refused(404, "Not Found")
        if lora_name in self.adapters:
            raise Refused(400, f"The lora adapter '{lora_name}' has already been loaded.")
        rank = json.loads((Path(lora_path) / "adapter_config.json").read_text())["r"]
        if rank > self.chosen.max_lora_rank:
            raise Refused(500, f"LoRA rank {rank} is greater than max_lora_rank {self.chosen.max_lora_rank}.")
        self.adapters[lora_name] = hashlib.sha256(
            (Path(lora_path) / "adapter_model.safetensors").read_bytes()
        ).hexdigest()

    async def complete(self, body: dict[str, Any], receive: Any, send: Any) -> None:
        if extra := set(body) - self.fields:
            raise Refused(400, f"unknown fields {extra}")
        model = body["model"]
        if model != self.chosen.served_model_name and model not in self.adapters:
            raise Refused(404, f"The model `{model}` does not exist.")
        if len(body["prompt"]) + body["max_tokens"] > self.length:
            raise Refused(400, f"This model's maximum context length is {self.length} tokens.")
        if not body.get("stream"):
            await reply(send, 200, {"choices": [{"finish_reason": "length"}]})
            return
        assert body["return_token_ids"] is True
        assert body["return_tokens_as_token_ids"] is True
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.ensure_future(until_gone(receive))
        self.running += 1
        try:
            async for event in self.events(body):
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": f"data: {event}\n\n".encode(), "more_body": True})
            await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})
        finally:
            self.running -= 1
            gone.cancel()

    async def events(self, body: dict[str, Any]) -> AsyncIterator[str]:
        biases = {int(token): value for token, value in body.get("logit_bias", {}).items()}
        if bad := [token for token in biases if not 0 <= token < self.vocabulary]:
            message = f"token_id(s) {bad} in logit_bias contain out-of-vocab token ids."
            yield json.dumps({"error": {"message": message, "type": "BadRequestError", "code": 400}})
            return
        matcher = self.matcher(body)
        written: list[int] = []
        while True:
            await asyncio.sleep(PAUSE_S)
            token, log_probs = self.draw(body, written, biases, matcher)
            written.append(token)
            is_over = token in body["stop_token_ids"] or token == self.end
            if matcher is not None and not is_over:
                assert matcher.consume_token(token)
            finish = "stop" if is_over else "length" if len(written) == body["max_tokens"] else None
            order = np.argsort(-log_probs)[: body["logprobs"]]
            told = {f"token_id:{each}": float(log_probs[each]) for each in (token, *order)}
            choice = {
                "index": 0,
                "text": "",
                "token_ids": [token],
                "finish_reason": finish,
                "logprobs": {"token_logprobs": [float(log_probs[token])], "tokens": [f"token_id:{token}"],
                    "top_logprobs": [told]},
            }  # fmt: skip
            yield json.dumps({"object": "text_completion", "choices": [choice]})
            if finish:
                return

    def matcher(self, body: dict[str, Any]) -> LLMatcher | None:
        held = body.get("structured_outputs")
        if held is None:
            return None
        assert set(held) == {"grammar"}
        matcher = LLMatcher(self.matchers, LLMatcher.grammar_from_lark(held["grammar"]), log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        return matcher

    def draw(
        self, body: dict[str, Any], written: list[int], biases: dict[int, float], matcher: LLMatcher | None
    ) -> tuple[int, np.ndarray]:
        """The next token, and the log probabilities of all, (V,)."""
        seen = [*body["prompt"], *written]
        weights = self.adapters.get(body["model"], "")
        digest = hashlib.sha256(f"{weights} {len(seen)} {seen[-3:]}".encode()).digest()
        scores = np.random.default_rng(list(digest)).normal(size=self.vocabulary) * 4
        log_probs = scores - np.log(np.exp(scores).sum())
        for token, value in biases.items():
            scores[token] += value
        for token in set(written):
            scores[token] -= body["frequency_penalty"] * written.count(token) + body["presence_penalty"]
        if matcher is not None:
            bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
            scores[bits[: self.vocabulary] == 0] = -np.inf
        if body["temperature"]:
            noise = np.random.default_rng([body["seed"] % (1 << 32), len(written)]).gumbel(size=self.vocabulary)
            return int(np.argmax(scores / body["temperature"] + noise)), log_probs
        return int(np.argmax(scores)), log_probs


async def until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def body_of(receive: Any) -> dict[str, Any]:
    content, more = b"", True
    while more:
        message = await receive()
        content, more = content + message.get("body", b""), message.get("more_body", False)
    return json.loads(content)


async def reply(send: Any, status: int, content: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


if __name__ == "__main__":
    given = options()
    # As vLLM's engine does, it outlives the server it belongs to.
    subprocess.Popen(["sleep", "600"])
    uvicorn.run(StandIn(given), uds=given.uds, log_level="error", lifespan="off")
