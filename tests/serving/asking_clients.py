"""Clients of `/v1` that ask and ask while replicas die, and hold each answer against the text they know."""

from __future__ import annotations

import threading
from collections import Counter

import openai

from tests.serving.tiny import user

CLIENTS, TOKENS = 16, 16


class AskingClients:
    """Sixteen clients that ask and ask, every other one by streams;
    each answer is held against the one that is known.
    """

    def __init__(self, client: openai.OpenAI, model: str) -> None:
        self.outcomes = Counter[tuple[str, str]]()
        self._client, self._model, self._stop, self._lock = client, model, threading.Event(), threading.Lock()
        self._texts = [self._whole(number) for number in range(CLIENTS)]
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
        return "right" if text == self._texts[number] else "wrong"

    def _whole(self, number: int) -> str:
        answer = self._client.chat.completions.create(
            model=self._model, messages=user(f"company: {number}"), max_tokens=TOKENS
        )
        return str(answer.choices[0].message.content)

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
