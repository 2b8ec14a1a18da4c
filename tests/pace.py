"""Bounds on processor time that hold on a slow or busy machine too.

A core that is shared, hot or rented runs the same code several times slower than a quiet one, also by processor time.
So a bound is told in seconds of the machine that `REFERENCE_S` was measured on, and stretched by how much slower a
fixed piece of work of the same kind is here and now. It finds work that grows by the square; speed itself is measured
in `benchmarks/`.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

# Of the fixed work on a quiet core.
REFERENCE_S = 0.009
TEXT = " ".join(f"word{n % 97} and {n}" for n in range(6_000))
WORDS = re.compile(r"[a-z]+|\d+")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes more processor time than `seconds` of a quiet core of the reference machine."""
    slower = slowness()
    began = time.process_time()
    yield
    took_s = time.process_time() - began
    slower = max(slower, slowness())
    assert took_s < seconds * slower, f"took {took_s:.2f} s of {seconds} s on a machine {slower:.1f} times slower"


def slowness() -> float:
    """How many times longer the fixed work takes than on the reference machine; 1 at least."""
    return max(1.0, min(fixed_work_s() for _ in range(3)) / REFERENCE_S)


def fixed_work_s() -> float:
    began = time.process_time()
    counted = Counter(word.upper() for word in WORDS.findall(TEXT))
    sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return time.process_time() - began
