"""An engine that does no work: it plays back what the real one did on the same inputs. `python -m demo.recordings.engine RUN_DIR`.

Its supervisor is the product's own, so what is played back goes the way of all results: hashed, stored, scored.
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
# Where a checkpoint lay is gone; what is only said while one waits is of no use afterwards.
LEFT_OUT = frozenset({"checkpoint", "heartbeat"})
# Of a machine with two cores that does nothing else: an engine keeps both busy, and its supervisor a little.
BUSY_LOAD = 3.0


def main(path: str) -> None:
    """Play a recording that was made from these inputs, or fail and say so."""
    run = RunDir.open(path)
    given = inputs.fingerprint(run.spec.body, run.path)
    print("inputs", given, file=sys.stderr)
    folder = _made_from(given, run.spec.kind)
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
        message=f"Recorded on {made_from['on']}, {made_from['seconds']:.0f} s on {made_from['machine']}{_beside(made_from)}; played back here.",
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
    """Note other load on the machine, where the load at the end exceeds the engine's own: seconds are too long then."""
    return " beside other work, which made it slower" if made_from.get("load", 0.0) > BUSY_LOAD else ""


def _made_from(given: str, kind: str) -> Path | None:
    """Recording of a kind of job with these inputs; None where there is none."""
    for about in sorted(KEPT.glob(f"{kind}*/recording.json")):
        if json.loads(about.read_text())["inputs"] == given:
            return about.parent
    return None


def recording_of(kind: str, task: str = "") -> Path:
    """Return where the recording of a kind of job lies; that of a task beside the mails under the task's name."""
    return KEPT / (f"{kind}-{task}" if task else kind)


if __name__ == "__main__":
    main(sys.argv[1])
