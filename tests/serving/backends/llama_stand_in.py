"""A stand-in of `llama-server`: its command line, its socket and its `/completion`, strict about what it takes.

It knows no model. A question that holds `SAY text` is answered with that text, in the tokens of the file's vocabulary;
marks in it make the answer slow or end the process. Each question's body is a line of `requests.jsonl` beside the
model's file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path

import gguf

FLAGS = ("--kv-unified", "--no-kv-unified", "--no-context-shift", "--no-ui", "--no-slots", "--metrics", "--offline")
VALUES = ("--parallel", "--ctx-size", "--cache-ram", "--fit", "--log-verbosity", "--threads-http", "--threads")
NEEDED = {
    "prompt",
    "n_predict",
    "stream",
    "seed",
    "samplers",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "return_tokens",
}
TAKEN = NEEDED | {
    "cache_prompt", "n_probs", "logit_bias", "repeat_penalty", "frequency_penalty", "presence_penalty", "repeat_last_n",
    "grammar", "grammar_lazy", "grammar_triggers", "preserved_tokens", "response_fields",
}  # fmt: skip
SLOW_S = 0.05


def letters() -> dict[str, int]:
    """The letter that stands for each byte in a byte-level vocabulary, as GPT-2 has it."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + at): byte for at, byte in enumerate(others)}


class Vocabulary:
    def __init__(self, path: Path) -> None:
        fields = gguf.GGUFReader(path).fields
        letter = letters()
        words = [
            bytes(fields["tokenizer.ggml.tokens"].parts[at]).decode() for at in fields["tokenizer.ggml.tokens"].data
        ]
        self.bytes = [
            bytes(letter[sign] for sign in word) if all(sign in letter for sign in word) else b"" for word in words
        ]
        self.end = int(fields["tokenizer.ggml.eos_token_id"].parts[-1][0])
        self.ids = {spelled: token for token, spelled in enumerate(self.bytes) if spelled}

    def text(self, ids: list[int]) -> str:
        return b"".join(self.bytes[token] for token in ids).decode(errors="replace")

    def tokens(self, text: str) -> list[int]:
        """The longest token at each place."""
        rest, tokens = text.encode(), []
        while rest:
            piece = next(rest[:length] for length in range(len(rest), 0, -1) if rest[:length] in self.ids)
            tokens.append(self.ids[piece])
            rest = rest[len(piece) :]
        return tokens


class Server:
    def __init__(self, model: Path) -> None:
        self.vocabulary, self.log = Vocabulary(model), model.with_name("requests.jsonl")
        self.at_work = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, path, _ = (await reader.readline()).decode().split()
        headers = {}
        while line := (await reader.readline()).decode().strip():
            headers[line.partition(":")[0].lower()] = line.partition(":")[2].strip()
        content = await reader.readexactly(int(headers["content-length"]))
        if (method, path) == ("GET", "/health"):
            await self.whole(writer, 200, {"status": "ok"})
        elif (method, path) == ("GET", "/props"):
            await self.whole(writer, 200, {"build_info": "b0-stand-in"})
        elif (method, path) == ("GET", "/metrics"):
            await self.whole(
                writer, 200, f"llamacpp:requests_processing {self.at_work}\nllamacpp:requests_deferred 0\n"
            )
        elif (method, path) == ("POST", "/completion"):
            self.at_work += 1
            try:
                await self.complete(reader, writer, json.loads(content))
            finally:
                self.at_work -= 1
        else:
            await self.whole(writer, 404, {"error": {"code": 404, "message": "File Not Found"}})
        writer.close()

    async def complete(self, reader, writer, body) -> None:
        with self.log.open("a") as log:
            log.write(json.dumps(body) + "\n")
        if not (set(body) >= NEEDED) or set(body) - TAKEN:
            return await self.whole(writer, 400, {"error": {"code": 400, "message": f"fields: {sorted(body)}"}})
        prompt = self.vocabulary.text(body["prompt"])
        if "FORGET" in prompt and not (mark := self.log.with_name("forgotten")).exists():
            mark.touch()
            self.at_work -= 1
            await reader.read()
            self.at_work += 1
            return None
        said = prompt.rpartition("SAY ")[2].partition("|")[0]
        said = said[::-1] if "BACKWARDS" in prompt else said
        # Of an answer that is asked for in parts, the part that is written stands at the prompt's end.
        written = prompt.rpartition("<|assistant|>\n")[2]
        text = said[len(written) :]
        tokens = [*self.vocabulary.tokens(text), self.vocabulary.end]
        banned = {token for token, bias in body["logit_bias"] if bias is False}
        tokens = [
            self.vocabulary.ids[b"-"] if at == 0 and token in banned else token for at, token in enumerate(tokens)
        ]
        written = tokens[: body["n_predict"]]
        gone = asyncio.ensure_future(reader.read())
        if body["stream"]:
            await self.start(writer)
        pending, sent = b"", []
        for count, token in enumerate(written, 1):
            if "SLOWLY" in prompt:
                await asyncio.sleep(SLOW_S)
            if gone.done():
                self.log.with_name("gone").write_text(str(count))
                return None
            if "DIE" in prompt and count > 3:
                os._exit(9)
            pending += self.vocabulary.bytes[token]
            event = {"index": 0, "tokens": [token], "stop": False, "tokens_predicted": count, "tokens_evaluated": 1}
            if body["n_probs"]:
                top = [{"id": token, "logprob": -0.5}] * body["n_probs"]
                event["completion_probabilities"] = [{"id": token, "logprob": -0.5, "top_logprobs": top}]
            try:
                event["content"] = pending.decode()
            except UnicodeDecodeError:
                continue
            pending = b""
            sent.append(event)
            if body["stream"]:
                await self.event(writer, event)
        kind = "eos" if written and written[-1] == self.vocabulary.end else "limit"
        last = {
            "stop": True,
            "stop_type": kind,
            "tokens_predicted": len(written),
            "tokens_evaluated": len(body["prompt"]),
        }
        if body["stream"]:
            await self.event(writer, {"content": "", "tokens": [], **last})
            writer.write(b"0\r\n\r\n")
            return await writer.drain()
        probs = [each["completion_probabilities"][0] for each in sent if "completion_probabilities" in each]
        return await self.whole(
            writer, 200, {"tokens": written, **last, **({"completion_probabilities": probs} if probs else {})}
        )

    async def start(self, writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()

    async def event(self, writer, event) -> None:
        line = b"data: " + json.dumps(event).encode() + b"\n\n"
        writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        await writer.drain()

    async def whole(self, writer, status, body) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()


async def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--host", required=True)
    for flag in FLAGS:
        parser.add_argument(flag, action="store_true")
    for name in VALUES:
        parser.add_argument(name)
    given = parser.parse_args()
    server = await asyncio.start_unix_server(Server(given.model).answer, given.host, limit=1 << 24)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
