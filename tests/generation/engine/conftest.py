from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.engine.__main__ import main
from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from tests.generation.provider_server import Provider, Running
from tests.nursery import TEACHERS, Child, nursery

KEY = "sk-canary-0123456789abcdefghij"
TASK = {
    "instruction": "Write a mail.",
    "input_schema": [{"name": "company", "role": "group", "required": True}, {"name": "pain"}],
    "output_schema": [{"name": "subject", "role": "subject"}, {"name": "body", "role": "body"}],
    "slots": ["contact.first_name"],
    "offer": {
        "seller": "Tidewell",
        "product": "Tidewell Board",
        "description": "A planning board.",
        "claims": ["Teams save 3 hours a week."],
        "signature": "Mara Lind\nTidewell",
    },
    "teacher_template": "{{instruction}}\n{{facts}}\n{{offer}}\n{{output_format}}",
    "student_template": "{{facts}}",
}
PRICE = {"input_usd_per_million": 2.5, "output_usd_per_million": 10.0}


@pytest.fixture
def provider() -> Iterator[Running]:
    running = Running(Provider())
    yield running
    running.close()


def teacher(url: str, provider: str = "openai", **over: Any) -> dict[str, Any]:
    base = url if provider == "anthropic" else f"{url}/v1"
    return {
        "name": "t",
        "provider": provider,
        "model": "m-1",
        "base_url": base,
        "secret_ref": "TEST_KEY",
        **PRICE,
        **over,
    }


OFFLINE = {"name": "offline", "provider": "offline", "model": "offline-composer"}


class Attempts:
    """Run directories of one order, each attempt resuming from the last, in a process of its own or in a thread."""

    def __init__(self, root: Path) -> None:
        self.root, self.fence, self.order = root, 0, str(uuid.uuid4())

    @property
    def path(self) -> Path:
        return self.root / str(self.fence)

    def lay(self, teacher: dict[str, Any], *, count: int = 6, records: int = 3, **over: Any) -> Path:
        resume_from = str(self.path) if self.fence else None
        self.fence += 1
        limits = {"concurrency": 4, "backoff_s": 0.02, "backoff_cap_s": 0.1, "timeout_s": 5, "stop_grace_s": 2}
        body = {
            "order": self.order,
            "task": TASK,
            "teacher": teacher,
            "count": count,
            "seed": 7,
            "records": [
                {"id": str(uuid.UUID(int=i)), "facts": {"company": f"Co {i}", "pain": "late lorries"}}
                for i in range(records)
            ],
            "limits": limits | over.pop("limits", {}),
            "local_clients": {"offline": "demo.offline_teacher.client:OfflineClient"},
            **over,
        }
        refs = [teacher["secret_ref"]] if teacher.get("secret_ref") else []
        write_spec(
            self.path,
            SpecEnvelope(
                job="j",
                kind="generation",
                fence=self.fence,
                lease_s=60,
                body=body,
                secret_refs=refs,
                resume_from=resume_from,
            ),
        )
        return self.path

    @property
    def output(self) -> Path:
        """What a started attempt printed."""
        return self.root / f"{self.fence}.output"

    def start(self, *args: Any, **over: Any) -> Child:
        path = self.lay(*args, **over)
        return nursery(TEACHERS).start("generation.engine", path, log=self.output)

    def run(self, *args: Any, **over: Any) -> dict[str, Any]:
        """Run an attempt to its end in a thread: the same entry as the subprocess, without paying for its imports."""
        within_s = over.pop("within_s", 60)
        thread = threading.Thread(target=main, args=(str(self.lay(*args, **over)),))
        thread.start()
        thread.join(within_s)
        assert not thread.is_alive()
        return self.result()

    def result(self) -> dict[str, Any]:
        return json.loads((self.path / "result.json").read_text())

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        lines = (self.path / "events.jsonl").read_text().splitlines()
        return [e["payload"] for e in map(json.loads, lines) if not kinds or e["kind"] in kinds]


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attempts:
    monkeypatch.setenv("TEST_KEY", KEY)
    return Attempts(tmp_path)
