"""`python -m generation.engine RUN_DIR`: asks a teacher for drafts. Starts the attempt and writes how it ended."""

from __future__ import annotations

import asyncio
import sys
import traceback

from generation.engine.report import scrubber
from generation.engine.run import run_order
from jobs.rundir import EngineError, RunDir


def main(path: str) -> int:
    """Run one attempt; returns the exit status."""
    run = RunDir.open(path)
    try:
        ending = asyncio.run(run_order(run))
    except (ValueError, OSError, ImportError) as error:
        message = scrubber(run.secrets().values())(str(error))
        run.finish("failed", error=EngineError(code=_code(error), message=message, hint=_hint(error)))
        return 1
    except Exception:
        # A traceback may quote what a server echoed; it goes to a log that people read.
        print(scrubber(run.secrets().values())(traceback.format_exc()), file=sys.stderr)
        return 2
    run.finish(ending.outcome, ending.summary, error=ending.error)
    return 0 if ending.error is None else 1


def _code(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "sdk_missing"
    return "disk" if isinstance(error, OSError) else "bad_order"


def _hint(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "Install the extra on this host: pip install 'miniatures[teachers]'."
    return "Free some space, then resume: nothing paid is paid again." if isinstance(error, OSError) else ""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m generation.engine RUN_DIR")
    sys.exit(main(sys.argv[1]))
