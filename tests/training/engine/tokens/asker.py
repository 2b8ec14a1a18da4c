"""`python -m tests.training.engine.tokens.asker CACHE LOG SECONDS`:
asks the cache for rows that take so long to make.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from training.engine.data.sft_rows import TokenRow
from training.engine.data.token_cache import TokenCache


def main(cache: Path, log: Path, seconds: float) -> None:
    def make() -> list[TokenRow]:
        with log.open("a") as told:
            told.write("made\n")
        time.sleep(seconds)
        return [TokenRow(str(n), list(range(n + 2)), 1) for n in range(50)]

    rows = TokenCache(cache).rows("key", make)
    assert [row.length for row in rows] == [n + 2 for n in range(50)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
