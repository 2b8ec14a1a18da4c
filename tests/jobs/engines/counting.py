"""A tiny engine that counts, and writes each count to a ledger outside its directory: what was done twice shows there.

Body: `count`, `step_s`, `ledger`, and for misbehaviour `die_at`, `die_each` (so many counts after each begin),
`fail_at`, `exit_at`, `deaf`. Once the file named by `hurry` is there, it counts on without a pause; before that it does
not reach the end.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from jobs.rundir import EngineError, RunDir


def main() -> None:
    run = RunDir.open(sys.argv[1])
    body = run.spec.body
    if body.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log_from_a_thread()
    ledger, count = Path(body["ledger"]), int(body["count"])
    done = len(ledger.read_text().split()) if ledger.exists() else 0
    begun = done
    print(f"counting from {done} to {count}", flush=True)
    while done < count:
        if run.stop_requested and not body.get("deaf"):
            run.finish("stopped", {"done": done, "reason": run.stop_reason})
            return
        misbehave(run, done, since_begin=done - begun)
        is_hurried = "hurry" in body and Path(body["hurry"]).exists()
        if not is_hurried:
            time.sleep(float(body.get("step_s", 0.02)))
        if "hurry" in body and not is_hurried and done == count - 1:
            continue
        done += 1
        with ledger.open("a") as file:
            file.write(f"{done}\n")
        run.emit("metric", step=done, value=done * done)
        run.emit("progress", done=done, total=count, unit="counts")
    (run.path / "total.txt").write_text(str(done))
    run.finish("succeeded", {"total": done, "secrets": sorted(run.secrets())}, ["total.txt"])


def log_from_a_thread() -> None:
    thread = threading.Thread(target=logging.getLogger("a thread of the engine").info, args=["counting begins"])
    thread.start()
    thread.join()


def misbehave(run: RunDir, done: int, *, since_begin: int) -> None:
    body = run.spec.body
    if done == body.get("die_at") or since_begin == body.get("die_each"):
        os.kill(os.getpid(), signal.SIGKILL)
    if done == body.get("exit_at"):
        sys.exit("no more numbers")
    if done == body.get("fail_at"):
        run.finish("failed", error=EngineError(code="tired", message="Tired of counting.", hint="Let it rest."))
        sys.exit(1)


if __name__ == "__main__":
    main()
