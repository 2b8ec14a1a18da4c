"""Exclusion of near-duplicate rows from a selection. The search for a row's twin ends at the first hit.

Of a thousand texts that all say the same each has a thousand twins; one is enough to know. So rows look at their
candidates a few at a time and stop at the first hit, and within a split only rows that stay are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from review.text.near_duplicates.pair_search import (
    Bools,
    PairSearch,
    PrefixEntries,
    PrefixIndex,
    pairs_among,
    parts,
    spread,
)
from review.text.near_duplicates.shingles import THRESHOLD, Ints, shingle_sets

FIRST_LOOK = 8
SMALLEST_BLOCK = 512


def rows_to_exclude(
    texts: Sequence[str], splits: Sequence[str], *, threshold: float = THRESHOLD
) -> dict[int, tuple[str, int]]:
    """Find the rows to leave out of a dataset, with the reason and the twin of each.

    A row with a near-duplicate in another split is left out as `straddles`; of near-duplicates within one split the
    earliest stays and the others go as `near_duplicate`.

    Args:
        texts: Text of each row, in the order in which they matter; empty ones are like nothing.
        threshold: Least Jaccard similarity of near-duplicates, between 0 and 1.

    Returns:
        Reason and index of a twin, by row index; rows that stay are absent.
    """
    names = sorted(set(splits))
    classes = np.array([names.index(split) for split in splits], dtype=np.int64)
    search = PairSearch(shingle_sets(texts), classes, threshold)
    twins = _across(search)
    out = {row: ("straddles", int(twin)) for row, twin in enumerate(twins.tolist()) if twin >= 0}
    for class_ in range(len(names)):
        rows = np.flatnonzero((classes == class_) & (twins < 0) & (search.sets.sizes > 0))
        out.update({row: ("near_duplicate", twin) for row, twin in _within(search, rows).items()})
    return out


def _across(search: PairSearch) -> Ints:
    """For each row a near-duplicate of another class, or -1."""
    rows = np.flatnonzero(search.sets.sizes > 0)
    twins = np.full(len(search.classes), -1, dtype=np.int64)
    if search.class_count == 1 or not len(rows):
        return twins
    others = np.arange(1, search.class_count, dtype=np.int64)
    _first_hits(search, rows, rows, others, twins, mutual=True)
    return twins


def _within(search: PairSearch, rows: Ints) -> dict[int, int]:
    """Map rows of one class to an earlier near-duplicate that stays; rows without one are absent."""
    out: dict[int, int] = {}
    kept: list[int] = []
    at, own = 0, np.zeros(1, dtype=np.int64)
    while at < len(rows):
        block = rows[at : at + max(SMALLEST_BLOCK, len(kept) // 2)]
        at += len(block)
        twins = np.full(len(search.classes), -1, dtype=np.int64)
        _first_hits(search, block, np.array(kept, dtype=np.int64), own, twins, mutual=False)
        out.update({int(row): int(twins[row]) for row in block[twins[block] >= 0]})
        fresh = block[twins[block] < 0]
        for earlier, later in pairs_among(search, fresh):
            if earlier not in out and later not in out:
                out[later] = earlier
        kept.extend(int(row) for row in fresh if int(row) not in out)
    return out


def _first_hits(search: PairSearch, probes: Ints, targets: Ints, steps: Ints, twins: Ints, *, mutual: bool) -> None:
    """Find a near-duplicate among the targets for each probe, and write it into `twins`.

    Args:
        steps: Which classes answer, as distances from the probe's own.
        twins: (D,), -1 where nothing is known yet.
        mutual: Whether a hit answers for the other row as well.
    """
    if not len(targets):
        return
    ranges = [
        _ranges(
            search,
            search.entries(probes, is_short=not is_short),
            search.index(targets, is_short=is_short),
            steps,
            is_short=is_short,
        )
        for is_short in (True, False)
    ]
    asking = np.concatenate([hit_range[0] for hit_range in ranges])
    starts, counts = (
        np.concatenate([hit_range[1] for hit_range in ranges]),
        np.concatenate([hit_range[2] for hit_range in ranges]),
    )
    pool = np.concatenate([hit_range[3] for hit_range in ranges])
    starts[len(ranges[0][0]) :] += len(ranges[0][3])
    order = np.argsort(asking, kind="stable")
    asking, starts, counts = asking[order], starts[order], counts[order]
    before = np.cumsum(counts) - counts
    # How many candidates a row has had before each of its ranges.
    before -= np.repeat(before[_firsts(asking)], np.diff(np.append(np.flatnonzero(_firsts(asking)), len(asking))))
    offset, look = 0, FIRST_LOOK
    while len(asking):
        begin, end = np.clip(offset - before, 0, counts), np.clip(offset + look - before, 0, counts)
        for part in parts(np.arange(len(asking)), end - begin):
            taken = (end - begin)[part]
            left, other = np.repeat(asking[part], taken), pool[spread((starts + begin)[part], taken)]
            _settle(search, left, other, twins, mutual=mutual)
        offset, look = offset + look, look * 4
        open_ = (twins[asking] < 0) & (before + counts > offset)
        # A later range may hold candidates although this one is through.
        asking, starts, counts, before = asking[open_], starts[open_], counts[open_], before[open_]


def _settle(search: PairSearch, left: Ints, right: Ints, twins: Ints, *, mutual: bool) -> None:
    is_open = (left != right) & ((twins[left] < 0) | (mutual & (twins[right] < 0)))
    left, right = left[is_open], right[is_open]
    near = search.alike(left, right)
    twins[left[near][::-1]] = right[near][::-1]
    if mutual:
        alone = near & (twins[right] < 0)
        twins[right[alone][::-1]] = left[alone][::-1]


def _ranges(
    search: PairSearch, probes: PrefixEntries, index: PrefixIndex, steps: Ints, *, is_short: bool
) -> tuple[Ints, ...]:
    """Return ranges of candidates in the index: the rows that ask, starts, counts, and the texts of the index."""
    asking, starts, counts = [], [], []
    find = search.shorter if is_short else search.longer
    for step in steps.tolist():
        low, high = find(probes, index, (search.classes[probes.text] + step) % search.class_count)
        some: Bools = high > low
        asking.append(probes.text[some])
        starts.append(low[some])
        counts.append((high - low)[some])
    return np.concatenate(asking), np.concatenate(starts), np.concatenate(counts), index.text


def _firsts(values: Ints) -> Bools:
    """Return whether each value is the first of its run."""
    return np.append(True, values[1:] != values[:-1])[: len(values)]
