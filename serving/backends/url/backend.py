"""Ask a server that somebody else runs for its list of models, and for answers.

Nothing is started, pushed or taken away there. What the server does not list our own engine serves. Each connection
goes to a checked number, as a teacher's does.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from typing import Any, Final, Literal

import httpx
from pydantic import Field

from generation.engine.clients.bounded_answers import AnswerRefusedError, bounded
from generation.engine.clients.checked_connections import checked, is_refused
from generation.engine.clients.errors import retry_after_s
from generation.engine.report import scrubber
from jobs.rundir import RunDir
from serving.backends import students
from serving.backends.contracts import (
    BackendName,
    Ending,
    NotServableError,
    Piece,
    Question,
    ReadyModel,
    RelaySpec,
    ServerLostError,
)
from serving.backends.event_lines import lines
from serving.backends.url import chat_wire
from serving.backends.vllm import wire
from serving.backends.vllm.server import error_of
from serving.engine.contracts import ModelEntry, fingerprint_of
from serving.engine.errors import RequestRefused
from training.engine.classifier.loading import has_heads
from training.engine.contracts import HUB_TOKEN, Part, TrainError
from training.engine.data.chat import Chat
from training.engine.model import generate


class UrlOptions(Part):
    """Options of the backend `url`.

    Attributes:
        base_url: Address of the server, `/v1` included.
        secret_ref: Name of the secret that holds its key; empty for none.
        private_hosts: Private hosts that may be called; see `web.net.ssrf.pin`.
        way: `completions` sends and gets token ids, which vLLM does; `chat` leaves the template to the server.
        names: Names of models on the server by a miniature's own; one without an entry has its own name there.
    """

    base_url: str
    secret_ref: str = ""
    private_hosts: list[str] = Field(default_factory=list)
    way: Literal["completions", "chat"] = "completions"
    names: dict[str, str] = Field(default_factory=dict)


CONNECT_S: Final = 5.0
LIST_S: Final = 15.0
# A model that was withdrawn there is noticed so late.
LISTED_FOR_S: Final = 30.0
# A server that is away is looked for again so soon.
AWAY_FOR_S: Final = 2.0
BUSY_S: Final = 5
LONGEST_WAIT_S: Final = 3600.0
STATUS: Final = {400: 400, 413: 400, 422: 400, 429: 429}


class UrlBackend:
    """Implements `contracts.Backend`."""

    name: BackendName = "url"

    def __init__(self, run: RunDir, spec: RelaySpec) -> None:
        self._spec, self._options = spec, UrlOptions.model_validate(spec.options)
        self.unsupported = chat_wire.UNSUPPORTED if self._options.way == "chat" else frozenset[str]()
        secrets = run.secrets()
        self._hub_token = secrets.get(HUB_TOKEN)
        key = secrets.get(self._options.secret_ref, "") if self._options.secret_ref else ""
        # Whoever asks `/v1` reads what the server says of a refusal, which may quote the key.
        self._scrub = scrubber(secrets.values())
        client = httpx.AsyncClient(
            base_url=self._options.base_url.rstrip("/") + "/",
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=None),
        )
        self._client = bounded(checked(client, self._options.private_hosts))
        self._listing = asyncio.Lock()
        self._listed: dict[str, dict[str, Any]] = {}
        self._listed_until_s = 0.0
        self._not_listed: RequestRefused | None = None
        self._ready: dict[str, ReadyModel] = {}

    async def start(self) -> None:
        """Begin; the server is asked for its list by the first miniature that is made ready."""

    async def stop(self) -> None:
        await self._client.aclose()

    async def know(self, entries: list[ModelEntry]) -> None:
        """Forget miniatures that are served no longer; the server keeps what it has."""
        known = {entry.manifest_sha256 for entry in entries}
        self._ready = {manifest: ready for manifest, ready in self._ready.items() if manifest in known}

    async def prepare(self, entry: ModelEntry) -> ReadyModel:
        card = (await self._models()).get(name := self._name_there(entry))
        if card is None:
            raise NotServableError(f"The server lists no model '{name}'.", for_now=True)
        ready = self._ready.get(entry.manifest_sha256)
        if ready is None:
            ready = self._ready[entry.manifest_sha256] = await asyncio.to_thread(self._made_ready, entry, card)
        return ready

    def is_ready(self, entry: ModelEntry) -> bool:
        return entry.manifest_sha256 in self._ready and self._name_there(entry) in self._listed

    async def ask(self, question: Question) -> AsyncGenerator[Piece | Ending, None]:
        model, is_chat = self._name_there(question.entry), self._options.way == "chat"
        body = chat_wire.body_of(question, model=model) if is_chat else wire.body_of(question, model=model)
        # Read by our own processor in servers that we start.
        body.pop("vllm_xargs", None)
        stream, top = chat_wire.ChatStream(), question.request.top_logprobs
        try:
            async with self._client.stream(
                "POST", "chat/completions" if is_chat else "completions", json=body
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise self._refusal(response)
                async for line in lines(response.aiter_bytes()):
                    piece = stream.read(line) if is_chat else None
                    news = [piece] if piece else [] if is_chat else wire.read_event(line, top=top)
                    for each in (*news, *([stream.ending] if stream.ending else [])):
                        yield each
                        if isinstance(each, Ending):
                            return
        except (httpx.HTTPError, RuntimeError, AnswerRefusedError) as error:
            raise self._unreached(error) from error
        except ServerLostError as error:
            raise ServerLostError(self._scrub(str(error))) from None
        except RequestRefused as refusal:
            refusal.message = self._scrub(refusal.message)
            raise
        raise ServerLostError("The server hung up before the answer was whole.")

    def state(self) -> dict[str, Any]:
        host = httpx.URL(self._options.base_url).host
        return {
            "weights_bytes": 0,
            # Its memory is its owner's affair.
            "max_weights_bytes": 1 << 62,
            "bytes_per_weight": 1,
            "servers": [{"host": host, "way": self._options.way, "models": sorted(self._listed)}],
        }

    def _name_there(self, entry: ModelEntry) -> str:
        return self._options.names.get(entry.name, entry.name)

    async def _models(self) -> dict[str, dict[str, Any]]:
        async with self._listing:
            if time.monotonic() >= self._listed_until_s:
                try:
                    self._listed, self._not_listed, lasts_s = await self._list(), None, LISTED_FOR_S
                except RequestRefused as refusal:
                    # Of many questions at once one waits for a server that is away, and all are told.
                    self._not_listed, lasts_s = refusal, AWAY_FOR_S
                self._listed_until_s = time.monotonic() + lasts_s
            if self._not_listed is not None:
                raise self._not_listed.with_traceback(None)
            return self._listed

    async def _list(self) -> dict[str, dict[str, Any]]:
        try:
            response = await self._client.get("models", timeout=LIST_S)
            if response.status_code != 200:
                raise self._refusal(response)
            return {str(card["id"]): card for card in response.json()["data"]}
        except (httpx.HTTPError, AnswerRefusedError) as error:
            failure = self._unreached(error)
        except ServerLostError as error:
            failure = error
        except (ValueError, KeyError, TypeError):
            failure = ServerLostError("It answered with something else than a list of models.")
        if isinstance(failure, RequestRefused):
            raise failure
        raise RequestRefused(503, "server_away", f"The server cannot be reached: {failure}", retry_after_s=BUSY_S)

    def _made_ready(self, entry: ModelEntry, card: dict[str, Any]) -> ReadyModel:
        artefact = entry.artefact
        if has_heads(artefact):
            raise NotServableError("It is a classifier.")
        chat, vocabulary = self._chat(entry) if self._options.way == "completions" else (None, 0)
        name, way = self._name_there(entry), self._options.way
        length = card.get("max_model_len")
        return ReadyModel(
            fingerprint=fingerprint_of(entry.manifest_sha256, self._options.base_url, name, way),
            chat=chat,
            context_length=length if isinstance(length, int) else None,
            vocabulary=vocabulary,
            rows=self._spec.max_batch,
            no_repeat_ngram=generate.sampling_for(entry.task).no_repeat_ngram if chat else 0,
        )

    def _chat(self, entry: ModelEntry) -> tuple[Chat, int]:
        try:
            ref, roots = entry.source(tuple(self._spec.allowed_roots))
            student = students.open_chat_of(ref, token=self._hub_token, allowed_roots=roots)
            return student.chat_of(ref), student.vocabulary
        except TrainError as error:
            message = f"'{entry.name}' cannot be requested: {error.message}. {error.hint}".strip()
            raise RequestRefused(503, error.code, message) from error

    def _unreached(self, error: Exception) -> Exception:
        """Return what a failed connection means; an address that may not be called is not asked again."""
        if is_refused(error):
            return RequestRefused(503, "address_refused", f"The server's address may not be called: {error}")
        return ServerLostError(str(error) or type(error).__name__)

    def _refusal(self, response: httpx.Response) -> Exception:
        status, why = response.status_code, self._scrub(error_of(response))
        if status in (401, 403):
            return RequestRefused(503, "key_refused", f"The server refuses the key: {why}")
        after_s = retry_after_s(response.headers)
        wait_s = BUSY_S if after_s is None else math.ceil(min(after_s, LONGEST_WAIT_S))
        if status == 429:
            return RequestRefused(
                429, "server_busy", f"The server takes no more questions now: {why}", retry_after_s=wait_s
            )
        if status == 503 and after_s is not None:
            return RequestRefused(503, "server_away", f"The server cannot be reached: {why}", retry_after_s=wait_s)
        if status in STATUS:
            return RequestRefused(STATUS[status], "invalid_request", f"The server refuses the question: {why}")
        return ServerLostError(why)
