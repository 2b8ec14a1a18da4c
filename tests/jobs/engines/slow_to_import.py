"""Counts like `counting`, once its import is over: that says something, and waits for the file `IMPORT_ENDS_WITH`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.jobs.engines.counting import main

GIVES_UP_AFTER_S = 60

began_s = time.monotonic()
while not Path(os.environ["IMPORT_ENDS_WITH"]).exists():
    assert time.monotonic() < began_s + GIVES_UP_AFTER_S
    time.sleep(0.01)
print("imported")

if __name__ == "__main__":
    main()
