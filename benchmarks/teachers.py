"""Paid calls a second: our engine, journal on disk, against the same SDK called bare, in the same run.

A server in a process of its own answers every call after 50 ms. Engine and bare SDK take turns, 64 calls at once;
medians are compared. Run with `make bench NAME=teachers` or `python -m benchmarks.teachers [CALLS] [ROUNDS]`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai

from generation.engine.run import run_order
from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from review.spec import prompting
from review.spec.task_spec import TaskSpec

ROOT = Path(__file__).resolve().parent.parent
LATENCY_S, AT_ONCE = 0.05, 64
TASK: dict[str, Any] = {
    "instruction": "Write a short outreach e-mail to the reader named in the facts. Use only the facts and the offer.",
    "input_schema": [{"name": "company", "role": "group", "required": True}, {"name": "sector"}, {"name": "pain"}],
    "output_schema": [{"name": "subject", "role": "subject"}, {"name": "body", "role": "body"}],
    "slots": ["contact.first_name"],
    "offer": {"seller": "Tidewell", "product": "Tidewell Board", "claims": ["Teams save 3 hours a week."]},
    "teacher_template": "=== system ===\n{{instruction}}\n{{offer}}\n=== user ===\n{{facts}}\n\n{{output_format}}",
    "student_template": "{{facts}}",
}


def order(url: str, calls: int, *, at_once: int = AT_ONCE, processes: int = 1) -> dict[str, Any]:
    """The body of an order for so many calls over a hundred records."""
    records = [
        {
            "id": str(uuid.UUID(int=n)),
            "facts": {"company": f"Company {n}", "sector": "logistics", "pain": "late lorries"},
        }
        for n in range(100)
    ]
    teacher = {
        "name": "bench",
        "provider": "openai-compatible",
        "model": "bench",
        "base_url": f"{url}/v1",
        "input_usd_per_million": 2.5,
        "output_usd_per_million": 10.0,
    }
    return {
        "order": str(uuid.uuid4()),
        "task": TASK,
        "teacher": teacher,
        "records": records,
        "count": calls,
        "budget_usd": 1000.0,
        "limits": {"concurrency": at_once, "processes": processes},
    }


def ours(url: str, calls: int, folder: Path, *, at_once: int = AT_ONCE, processes: int = 1) -> tuple[float, float]:
    """Calls a second of the engine, from an opened run directory to its last event, and milliseconds of CPU a call."""
    path = folder / str(uuid.uuid4())
    body = order(url, calls, at_once=at_once, processes=processes)
    write_spec(path, SpecEnvelope(job="bench", kind="generation", fence=1, lease_s=3600, body=body))
    run = RunDir.open(path)
    began, busy_s = time.perf_counter(), time.process_time()
    ending = asyncio.run(run_order(run))
    took_s, busy_s = time.perf_counter() - began, time.process_time() - busy_s
    assert ending.summary["drafts"] == calls, ending
    return calls / took_s, busy_s / calls * 1000


def bare(url: str, calls: int, *, at_once: int = AT_ONCE) -> tuple[float, float]:
    """The same of the SDK alone: prompts rendered, answers parsed by the SDK, nothing kept."""
    spec = TaskSpec.model_validate(TASK)
    facts = [record["facts"] for record in order(url, 1)["records"]]

    async def run() -> None:
        left = iter(range(calls))
        async with openai.AsyncOpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0) as sdk:

            async def work() -> None:
                for n in left:
                    messages = prompting.messages(spec, facts[n % len(facts)], audience="teacher")
                    answer = await sdk.chat.completions.create(
                        model="bench",
                        messages=messages,  # type: ignore[arg-type]
                        max_tokens=1024,
                        seed=n,
                    )
                    assert answer.choices[0].message.content

            await asyncio.gather(*(work() for _ in range(at_once)))

    began, busy_s = time.perf_counter(), time.process_time()
    asyncio.run(run())
    took_s, busy_s = time.perf_counter() - began, time.process_time() - busy_s
    return calls / took_s, busy_s / calls * 1000


@contextmanager
def answering() -> Iterator[str]:
    """The address of a server that answers while the block runs, in a process of its own."""
    script = ROOT / "tests" / "generation" / "provider_server.py"
    server = subprocess.Popen([sys.executable, str(script), "0", str(LATENCY_S)], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


def main(calls: int, rounds: int) -> None:
    """Alternate and compare; the last line is one JSON object."""
    engine, sdk = [], []
    with answering() as url, tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        ours(url, calls // 4, Path(folder))
        bare(url, calls // 4)
        for round_ in range(rounds):
            engine.append(ours(url, calls, Path(folder)))
            sdk.append(bare(url, calls))
            print(f"round {round_ + 1}: engine {engine[-1][0]:.0f}/s, bare SDK {sdk[-1][0]:.0f}/s", flush=True)
    engine_rate, engine_ms, sdk_rate, sdk_ms = (
        statistics.median(turn[part] for turn in turns) for turns in (engine, sdk) for part in (0, 1)
    )
    print(
        json.dumps(
            {
                "ratio": round(engine_rate / sdk_rate, 3),
                "engine_calls_per_s": round(engine_rate, 1),
                "sdk_calls_per_s": round(sdk_rate, 1),
                "engine_cpu_ms_per_call": round(engine_ms, 3),
                "sdk_cpu_ms_per_call": round(sdk_ms, 3),
                "limit_calls_per_s": AT_ONCE / LATENCY_S,
                "calls": calls,
                "rounds": rounds,
                "at_once": AT_ONCE,
                "latency_s": LATENCY_S,
            }
        )
    )


if __name__ == "__main__":
    main(*(int(text) for text in (sys.argv[1:] + ["1500", "5"][len(sys.argv) - 1 :])))
