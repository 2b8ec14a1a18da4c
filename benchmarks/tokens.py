"""Preparing data for a tuning run: 100,000 samples to token ids, the first time and from what runs share.

    [SHARED_DATA_DIR=...] python -m benchmarks.tokens [--samples 100000]

The samples are the pairs of `benchmarks.instructions` over and over, each with a few words of its own so that no
two are alike; tokenizer and template are the demo student's. Timed from the file on disk to rows a run can begin with:
parsing, rendering the template twice, encoding, checking lengths, writing the shared file and verifying it; then, in the
same process, what the next run of a sweep waits for, and the time of its first 200 batches read from the file. The last
line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

from transformers import AutoTokenizer

from benchmarks import instructions
from training.engine.data import sft_rows, token_cache
from training.engine.data.chat import open_chat
from training.engine.data.token_cache import TokenCache
from training.engine.objectives.sft import Sft
from training.engine.schedule import Schedule
from training.recipes.schema import Recipe

STUDENT = Path(__file__).resolve().parent.parent / "demo" / "student" / "weights"
LONGEST = 8192
BATCHES = 200


def write_samples(path: Path, count: int) -> str:
    """Write `count` sft rows, no two alike, and return the name of the data they are made of."""
    data, pairs = instructions.read()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            pair = pairs[number % len(pairs)]
            prompt = f"Request {number}. {pair['instruction']}\n\n{pair['input']}".strip()
            answer = f"{pair['output']} (Request {number}.)"
            file.write(json.dumps({
                "id": f"sample-{number}", "meta": "{}",
                "prompt": [{"role": "user", "content": prompt}],
                "completion": [{"role": "assistant", "content": answer}],
            }) + "\n")  # fmt: skip
    return data


def main() -> None:
    """Measure, and print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    chosen = parser.parse_args()
    chat = open_chat(AutoTokenizer.from_pretrained(STUDENT))
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "train.jsonl"
        data = write_samples(path, chosen.samples)
        objective, cache = Sft(chat), TokenCache(Path(temporary) / "cache")
        began, cpu = time.perf_counter(), time.process_time()
        rows = token_cache.read_cached(path, chat, cache=cache, max_length=LONGEST)
        first_s, first_cpu_s = time.perf_counter() - began, time.process_time() - cpu
        began = time.perf_counter()
        again = token_cache.read_cached(path, chat, cache=cache, max_length=LONGEST)
        again_s = time.perf_counter() - began
        schedule = Schedule(again, Recipe(batch_size=8))
        began = time.perf_counter()
        for step in range(min(BATCHES, schedule.total_steps)):
            for batch in schedule.batches_of(step):
                objective.batch(batch)
        batches_s = time.perf_counter() - began
        size = sum(file.stat().st_size for file in (Path(temporary) / "cache").glob("*.tokens"))
    print(json.dumps({
        "data": data,
        "samples": len(rows),
        "tokens": sum(sft_rows.lengths_of(rows)),
        "first_s": first_s,
        "first_cpu_s": first_cpu_s,
        "again_s": again_s,
        "first_200_batches_s": batches_s,
        "file_mib": size / (1 << 20),
        "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20),
        "load_average": os.getloadavg()[0],
    }))  # fmt: skip


if __name__ == "__main__":
    main()
