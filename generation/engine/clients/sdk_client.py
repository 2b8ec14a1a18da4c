"""Parts that clients over official SDKs share: pools of connections, one question at a time, errors told alike."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from itertools import cycle
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from generation.engine.clients import bounded_answers, checked_connections, errors
from generation.engine.clients.chat_completions import ChatCompletions
from generation.engine.clients.errors import as_schema_refusal
from generation.engine.clients.interface import CallError, Question, Reply
from generation.engine.clients.json_bodies import UnreadableBody, json_object
from generation.engine.clients.messages import Messages
from generation.engine.contracts import Limits, TeacherSpec

PER_POOL = 16


class Closable(Protocol):
    """Holder of connections, as an SDK's client is known here."""

    async def close(self) -> None: ...


Sdk = TypeVar("Sdk", bound=Closable)


class SdkClient(ABC, Generic[Sdk]):
    """Asks one teacher through its provider's SDK, its retries off.

    It keeps several connection pools instead of one wide one: the HTTP clients under the SDKs look at every connection
    of a pool at the beginning and the end of every request, and with hundreds at once that costs more than the request.

    Args:
        key: The secret; some compatible servers want none.

    Attributes:
        library: The SDK's module; both name their settings and errors alike.
        opened: The SDK's client.
        sdk: One of the SDK's clients, for what else the provider offers.
        shared_chars: See `Client`.
    """

    library: Any
    opened: Any
    base_url: ClassVar[str]
    request_id_header: ClassVar[str]

    def __init__(self, teacher: TeacherSpec, key: str, limits: Limits, *, form: ChatCompletions | Messages) -> None:
        self.form = form
        self.shared_chars = form.prefix.chars
        self._sdks = [self._open(teacher, key, limits) for _ in range(math.ceil(limits.concurrency / PER_POOL))]
        self._turns = cycle(self._sdks)
        self.sdk = self._sdks[0]

    def _open(self, teacher: TeacherSpec, key: str, limits: Limits) -> Sdk:
        timeout = self.library.Timeout(limits.timeout_s, connect=limits.connect_timeout_s)
        # A redirect would carry the key to an unchecked address.
        plain = bounded_answers.bounded(self.library.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout))
        sdk: Sdk = self.opened(
            api_key=key or "none",
            base_url=teacher.base_url or self.base_url,
            max_retries=0,
            timeout=timeout,
            http_client=checked_connections.checked(plain, limits.private_hosts),
        )
        return sdk

    @abstractmethod
    async def send(self, sdk: Sdk, params: dict[str, Any], call_id: str) -> Any:
        """Send one request and return the SDK's raw response.

        Args:
            params: The whole body. As `extra_body` it skips the SDK's walk over each message's type, a quarter of a
                call's CPU time.
            call_id: For the headers that let the provider know a request again.
        """

    async def ask(self, question: Question) -> Reply:
        try:
            raw = await self.send(next(self._turns), self.form.params_of(question), question.call_id)
        except self.library.APIStatusError as error:
            refusal = errors.from_sdk(error)
            raise as_schema_refusal(refusal) if self.form.answers else refusal from None
        except self.library.APIConnectionError as error:
            raise errors.from_connection(error, timed_out=isinstance(error, self.library.APITimeoutError)) from None
        response = raw.http_response
        if errors.is_web_page(response.content):
            raise CallError("fatal", "not_found", "The address answers with a web page, not as an API.")
        return read(self.form, response.content, request_id=response.headers.get(self.request_id_header, ""))

    async def close(self) -> None:
        for sdk in self._sdks:
            await sdk.close()


def read(form: ChatCompletions | Messages, content: bytes, *, request_id: str = "") -> Reply:
    """Read a body that came with a status of 200.

    Raises:
        CallError: It holds an error in the place of an answer.
    """
    try:
        body = json_object(content)
    except UnreadableBody as error:
        return Reply("", finish="other", request_id=request_id, unreadable=str(error))
    if refusal := errors.in_answer(body, request_id):
        raise as_schema_refusal(refusal) if form.answers else refusal
    return form.reply_of(body, request_id=request_id)
