"""`python -m review.text.own_checks.worker`: answers for checks of installed packages, a line of JSON each.

Somebody else's code may run for ever, eat all memory or end its process; here it does so without harm to the asking
one. A question names a check and a time limit; one without a draft asks what the check is called.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from itertools import islice
from pathlib import Path
from traceback import extract_tb
from typing import Any

from review.text.own_checks.installed import installed

MEMORY_BYTES = 2 * 2**30
MOST_MARKS = 50


def answer(kind: str, draft: dict[str, Any] | None) -> dict[str, Any]:
    """Say what a check is called, or what it marks in a draft."""
    check = installed()[kind].load()
    if draft is not None:
        return {"marks": [dict(mark) for mark in islice(check.marks(draft), MOST_MARKS)]}
    languages = getattr(check, "LANGUAGES", None)
    return {
        "label": str(getattr(check, "LABEL", "")),
        "description": str(getattr(check, "DESCRIPTION", "")),
        "languages": None if languages is None else sorted(map(str, languages)),
    }


def _place_of(error: Exception) -> str:
    """Kind and line of an exception. Not its words: they may quote a person's data."""
    frames = extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}" if last else type(error).__name__


def main() -> None:
    """Answer until the asking process hangs up."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # What a check prints or reads must not come between questions and answers.
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    sys.stdin, sys.stdout = io.StringIO(), sys.stderr
    for line in questions:
        question = json.loads(line)
        # The asking process kills a check that takes too long; if it is gone itself, the alarm does.
        signal.setitimer(signal.ITIMER_REAL, question["limit_s"] + 1)
        try:
            reply = json.dumps(answer(question["kind"], question["draft"]))
        except MemoryError:
            os._exit(1)
        except Exception as error:
            reply = json.dumps({"error": _place_of(error)})
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(reply.encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
