"""Engine that plays back a recording made from the same inputs: `python -m demo.recordings.engine RUN_DIR`.

The product's own supervisor hashes, stores and scores the results.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from demo.recordings import inputs
from jobs.contracts import EngineError
from jobs.rundir import RunDir

KEPT = Path(__file__).parent / "kept"
# Events that are not recorded: paths of checkpoints are gone, and heartbeats are useless afterwards.
LEFT_OUT = frozenset({"checkpoint", "heartbeat"})
# Load of an idle machine of two cores while an engine and its supervisor run.
BUSY_LOAD = 3.0


def main(path: str) -> None:
    """Play a recording made from these inputs, or fail with a message."""
    run = RunDir.open(path)
    digest = inputs.fingerprint(run.spec.body, run.path)
    print("inputs", digest, file=sys.stderr)
    folder = _made_from(digest, run.spec.kind)
    if folder is None:
        run.finish(
            "failed",
            error=EngineError(
                code="other_inputs",
                message="What was recorded was made from other inputs than these.",
                hint="Launch it again to run it here. Developers: python -m demo.recordings.record",
            ),
        )
        return
    made_from = json.loads((folder / "recording.json").read_text())
    run.emit(
        "log",
        level="info",
        message=f"Recorded in {made_from['seconds']:.0f} s on "
        f"{made_from['machine']}{_beside(made_from)}; played back here.",
    )
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(inputs.with_ids(line, run.spec.body))
        run.emit(event["kind"], **event["payload"])
    result = json.loads(inputs.with_ids((folder / "result.json").read_text(), run.spec.body))
    for name in result["artefacts"]:
        target = run.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".jsonl":
            target.write_text(inputs.with_ids((folder / name).read_text(), run.spec.body))
        else:
            shutil.copyfile(folder / name, target)
    run.finish("succeeded", summary=result["summary"], artefacts=result["artefacts"])


def _beside(made_from: dict[str, Any]) -> str:
    """Word other load on the machine, which makes seconds too long; empty without any."""
    return " beside other work, which made it slower" if made_from.get("load", 0.0) > BUSY_LOAD else ""


def _made_from(digest: str, kind: str) -> Path | None:
    """Find the recording of a kind of job with this fingerprint; None where there is none."""
    for about in sorted(KEPT.glob(f"{kind}*/recording.json")):
        if json.loads(about.read_text())["inputs"] == digest:
            return about.parent
    return None


def recording_of(kind: str, task: str = "") -> Path:
    """Return the folder of a kind's recording, with the task's name for tasks other than the mails."""
    return KEPT / (f"{kind}-{task}" if task else kind)


if __name__ == "__main__":
    main(sys.argv[1])
