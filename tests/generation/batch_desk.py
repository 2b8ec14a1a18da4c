"""The batches of the local provider, in both wire formats: files and batches, or message batches.

Bills each answer once.

A test says what each request of a batch gets (`lines`), how the results are written (`written`), what becomes of each
kind of request to the desk (`script`), and where to hold one for ever, so that its sender can be killed (`freeze`).
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Answer = tuple[int, bytes]
REFUSALS = {400: "invalid_request_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}


@dataclass
class Batch:
    id: str
    requests: list[dict[str, Any]]
    metadata: dict[str, str]
    created_at: float = field(default_factory=time.time)
    ended: dict[str, str] | None = None
    is_cancelled: bool = False
    refusal: dict[str, str] | None = None
    input_file: str = ""
    is_archived: bool = False


class BatchDesk:
    """State of the desk.

    Args:
        answer: Body of an answer in the wire format of a path.
        bill: Counts what is billed, by call id.
    """

    def __init__(self, answer: Callable[..., bytes], bill: Counter[str]) -> None:
        self._answer, self._bill = answer, bill
        self.batch_s = 0.0
        self.is_held = False
        self.lines: list[str] = []
        self.written: list[str] = []
        self.script: dict[str, list[str]] = defaultdict(list)
        self.freeze = ""
        self.frozen = asyncio.Event()
        self.seen: Counter[str] = Counter()
        self.files: dict[str, bytes] = {}
        self.deleted: list[str] = []
        self.batches: dict[str, Batch] = {}
        self.refusal: dict[str, str] | None = None
        self.results_host = ""
        # Anthropic's: results are no longer there, and no address leads to them.
        self.is_archived = False

    def takes(self, path: str) -> bool:
        return bool(re.match(r"/v1/(files|batches|messages/batches)\b", path))

    async def serve(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[Answer | None, bool]:
        """One request: its answer, none for a connection that closes without a word, and whether it is cut off."""
        path, _, query = path.partition("?")
        step = _step(method, path)
        self.seen[step] += 1
        if self.freeze == f"{step}:before":
            await self._for_ever()
        what, _, arg = (self.script[step].pop(0) if self.script[step] else "ok").partition(":")
        if what in ("drop", "status"):
            return (None if what == "drop" else _refused(path, int(arg))), False
        answer = self._do(step, path, query, headers, body)
        if self.freeze == f"{step}:after":
            await self._for_ever()
        if what in ("made-drop", "made-status"):
            return (None if what == "made-drop" else _refused(path, int(arg))), False
        return answer, what == "cut"

    async def _for_ever(self) -> None:
        self.frozen.set()
        await asyncio.sleep(3600)

    def _do(self, step: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if step == "upload":
            name = f"file-{self.seen['upload']}"
            self.files[name] = _part(headers["content-type"], body)
            made = {"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "b.jsonl"}
            return 200, json.dumps(made | {"purpose": "batch", "status": "processed"}).encode()
        if step == "create":
            return 200, json.dumps(self._shown(path, self._made(path, json.loads(body)))).encode()
        if step == "list":
            return 200, json.dumps(self._page(path, query)).encode()
        if path.startswith("/v1/files/"):
            name = path.split("/")[3]
            if name in self.deleted:
                return _refused(path, 404)
            if step == "delete":
                self.deleted.append(name)
                return 200, json.dumps({"id": name, "object": "file", "deleted": True}).encode()
            content = self.files[name] if name in self.files else self._content(name)
            return 200, content
        batch = self.batches.get(path.split("/")[4 if "messages" in path else 3])
        if batch is None:
            return _refused(path, 404)
        if step == "cancel":
            if batch.ended is not None:
                return _refused(path, 400)
            batch.is_cancelled = True
        if step == "results":
            return 200, self._results(batch, "anthropic")
        return 200, json.dumps(self._shown(path, batch)).encode()

    def _made(self, path: str, body: dict[str, Any]) -> Batch:
        if "messages" in path:
            requests = body["requests"]
        else:
            requests = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        batch = Batch(f"batch_{len(self.batches)}", requests, body.get("metadata") or {})
        batch.input_file = body.get("input_file_id", "")
        batch.refusal = self.refusal
        self.batches[batch.id] = batch
        return batch

    def _settle(self, batch: Batch) -> None:
        """End a batch whose time has come: decide each request, bill what is answered."""
        if batch.ended is not None or batch.refusal:
            return
        is_due = time.time() - batch.created_at >= self.batch_s and not self.is_held
        if not is_due and not batch.is_cancelled:
            return
        fates = {}
        for number, request in enumerate(batch.requests):
            what = self.lines.pop(0) if self.lines else "ok"
            if batch.is_cancelled and number >= len(batch.requests) // 2:
                what = "canceled"
            fates[request["custom_id"]] = what
            if what.partition(":")[0] not in ("canceled", "expired", "error", "unbilled-missing"):
                self._bill[request["custom_id"]] += 1
        batch.ended = fates

    def _shown(self, path: str, batch: Batch) -> dict[str, Any]:
        self._settle(batch)
        kinds = Counter(what.partition(":")[0] for what in (batch.ended or {}).values())
        total, ended = len(batch.requests), batch.ended is not None
        bad = {kind: kinds[kind] for kind in ("error", "expired", "canceled", "unbilled-missing")}
        good = total - sum(bad.values()) if ended else 0
        if "messages" in path:
            counts = {"processing": 0 if ended else total, "succeeded": good, "errored": bad["error"]}
            counts |= {"expired": bad["expired"] + bad["unbilled-missing"], "canceled": bad["canceled"]}
            is_kept = ended and not self.is_archived and not batch.is_archived
            return {
                "id": batch.id,
                "type": "message_batch",
                "processing_status": "ended" if ended else "canceling" if batch.is_cancelled else "in_progress",
                "request_counts": counts,
                "created_at": datetime.fromtimestamp(batch.created_at, UTC).isoformat(),
                "expires_at": datetime.fromtimestamp(batch.created_at + 86400, UTC).isoformat(),
                "archived_at": datetime.now(UTC).isoformat() if ended and not is_kept else None,
                "results_url": f"{self.results_host}/v1/messages/batches/{batch.id}/results" if is_kept else None,
            }
        status = "failed" if batch.refusal else "in_progress"
        if ended:
            status = "cancelled" if batch.is_cancelled else "expired" if bad["expired"] else "completed"
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "input_file_id": batch.input_file,
            "created_at": int(batch.created_at),
            "status": status,
            "metadata": batch.metadata,
            "errors": {"object": "list", "data": [batch.refusal]} if batch.refusal else None,
            "output_file_id": f"out-{batch.id}" if ended else None,
            "error_file_id": f"err-{batch.id}" if ended and sum(bad.values()) else None,
            "request_counts": {"total": total, "completed": good, "failed": total - good if ended else 0},
        }

    def _page(self, path: str, query: str) -> dict[str, Any]:
        after = re.search(r"after(?:_id)?=(\w+)", query)
        newest = list(reversed(self.batches.values()))
        start = next((n + 1 for n, b in enumerate(newest) if after and b.id == after[1]), 0)
        page = newest[start : start + 2]  # small, so that pages are turned
        data = [self._shown(path, batch) for batch in page]
        more = start + 2 < len(newest)
        ends = {"first_id": page[0].id if page else None, "last_id": page[-1].id if page else None}
        return {"object": "list", "data": data, "has_more": more, **ends}

    def _content(self, name: str) -> bytes:
        kind, _, batch_id = name.partition("-")
        return self._results(self.batches[batch_id], f"openai-{kind}")

    def _results(self, batch: Batch, kind: str) -> bytes:
        lines = []
        for call, what in (batch.ended or {}).items():
            line = _anthropic_line(self._answer, call, what) if kind == "anthropic" else _openai_line(
                self._answer, call, what
            )  # fmt: skip
            is_error = "err" if what.partition(":")[0] in ("error", "expired", "canceled") else "out"
            if line is not None and kind in ("anthropic", f"openai-{is_error}"):
                lines.append(json.dumps(line).encode())
        return _mischief(lines, self.written if kind != "openai-err" else [])


def _mischief(lines: list[bytes], written: list[str]) -> bytes:
    if "reversed" in written:
        lines = lines[::-1]
    if "doubled" in written:
        lines = lines + [line.replace(b"Draft number", b"Another number") for line in lines]
    if "foreign" in written:
        lines = [re.sub(rb'"custom_id": "[^"]*"', b'"custom_id": "11111111-1111-4111-8111-111111111111"', line)
                 for line in lines[:2]] + lines  # fmt: skip
    if "garbage" in written:
        lines = [b"{not json", *lines, b"[]", b'{"custom_id": 7}', b"", b"\xff\xfe\x00"]
    if "halved" in written:
        lines = [line[: len(line) // 2] if n == 0 else line for n, line in enumerate(lines)]
    return b"\n".join(lines) + (b"" if "no-newline" in written else b"\n")


def _openai_line(answer: Callable[..., bytes], call: str, what: str) -> dict[str, Any] | None:
    what, _, arg = what.partition(":")
    line: dict[str, Any] = {"id": f"batch_req_{call[:8]}", "custom_id": call, "response": None, "error": None}
    if what in ("missing", "unbilled-missing"):
        return None
    if what in ("expired", "canceled"):
        code = "batch_expired" if what == "expired" else "batch_cancelled"
        return line | {"error": {"code": code, "message": "The batch ended before this request."}}
    if what == "error":
        body = {"error": {"message": "No.", "type": "error", "code": arg}}
        return line | {"response": {"status_code": int(arg), "request_id": "r", "body": body}}
    if what == "neither":
        return line
    body = json.loads(answer("/v1/chat/completions", what, n=1))
    return line | {"response": {"status_code": 200, "request_id": f"req-{call[:8]}", "body": body}}


def _anthropic_line(answer: Callable[..., bytes], call: str, what: str) -> dict[str, Any] | None:
    what, _, arg = what.partition(":")
    if what in ("missing", "unbilled-missing"):
        return None
    if what in ("expired", "canceled"):
        return {"custom_id": call, "result": {"type": what}}
    if what == "error":
        error = {"type": "error", "error": {"type": REFUSALS[int(arg)], "message": "No."}}
        return {"custom_id": call, "result": {"type": "errored", "error": error}}
    if what == "neither":
        return {"custom_id": call, "result": {}}
    message = json.loads(answer("/v1/messages", what, n=1))
    return {"custom_id": call, "result": {"type": "succeeded", "message": message}}


def _step(method: str, path: str) -> str:
    if method == "DELETE":
        return "delete"
    if path.endswith("/cancel"):
        return "cancel"
    if path.endswith(("/results", "/content")):
        return "results"
    if path.endswith("/files"):
        return "upload"
    if path.endswith("/batches"):
        return "create" if method == "POST" else "list"
    return "look"


def _refused(path: str, status: int) -> Answer:
    kind = REFUSALS.get(status, "error")
    if "messages" in path:
        return status, json.dumps({"type": "error", "error": {"type": kind, "message": "No."}}).encode()
    return status, json.dumps({"error": {"message": "No.", "type": kind, "param": None, "code": kind}}).encode()


def _part(content_type: str, body: bytes) -> bytes:
    """The file inside a multipart body."""
    boundary = b"--" + content_type.partition("boundary=")[2].encode()
    for part in body.split(boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    raise ValueError("no file was uploaded")
