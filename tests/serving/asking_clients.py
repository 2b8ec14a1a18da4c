"""Clients of `/v1` that ask and ask while replicas die, and hold each answer against the text they know."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import openai
from openai.types.chat import ChatCompletion

from tests.serving.tiny import user

CLIENTS, TOKENS = 16, 16


class AskingClients:
    """Sixteen clients that ask and ask, every other one by streams;
    each answer is held against those that are known.

    Args:
        kinds: Number of servers whose texts may differ: each is asked everything before anything is counted.
    """

    def __init__(self, client: openai.OpenAI, model: str, *, kinds: int = 1) -> None:
        self.outcomes = Counter[tuple[str, str]]()
        self._client, self._model, self._stop, self._lock = client, model, threading.Event(), threading.Lock()
        with ThreadPoolExecutor(CLIENTS) as pool:
            self._texts = list(pool.map(lambda number: self._known(number, kinds), range(CLIENTS)))
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def wrong(self) -> int:
        return self.outcomes["stream", "wrong"] + self.outcomes["whole", "wrong"]

    @property
    def right(self) -> int:
        return self.outcomes["stream", "right"] + self.outcomes["whole", "right"]

    @property
    def total(self) -> int:
        return sum(self.outcomes.values())

    def _run(self, number: int) -> None:
        way = "stream" if number % 2 else "whole"
        while not self._stop.is_set():
            outcome = self._ask(number, way)
            with self._lock:
                self.outcomes[way, outcome] += 1

    def _ask(self, number: int, way: str) -> str:
        try:
            text = (self._streamed if way == "stream" else self._whole)(number)
        except openai.APIError as error:
            return str(error.code)
        return "right" if text in self._texts[number] else "wrong"

    def _known(self, number: int, kinds: int) -> set[str]:
        """Ask until so many servers have answered, which differ in what they say of themselves."""
        texts: dict[str | None, str] = {}
        while len(texts) < kinds:
            answer = self._answer(number)
            texts[answer.system_fingerprint] = str(answer.choices[0].message.content)
        return set(texts.values())

    def _whole(self, number: int) -> str:
        return str(self._answer(number).choices[0].message.content)

    def _answer(self, number: int) -> ChatCompletion:
        return self._client.chat.completions.create(
            model=self._model, messages=user(f"company: {number}"), max_tokens=TOKENS
        )

    def _streamed(self, number: int) -> str:
        """Return the text of a stream that said how it ended;
        one that ended without a word was cut and told as whole.
        """
        text, finish = "", None
        for chunk in self._client.chat.completions.create(
            model=self._model, messages=user(f"company: {number}"), max_tokens=TOKENS, stream=True
        ):
            text += chunk.choices[0].delta.content or ""
            finish = chunk.choices[0].finish_reason or finish
        return text if finish else f"cut: {text}"
