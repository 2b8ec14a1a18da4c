"""Prompts grouped by the template they seem to share: those that share most of their frequent runs of three tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from review.sources.imports.logs.common_text import Prompt, tokens

MOST_GROUPED, MOST_GROUPS = 1_000, 12
_EDGE = "\x00"
_ALIKE, _CORE, _MEMBER = 0.5, 0.9, 0.75
_FEW, _GRAMS, _LEADERS = 5, 600, 40


def groups(prompts: Sequence[Prompt]) -> list[list[int]]:
    """Places of prompts that seem to come of one template, the largest group first; strangers are in no group."""
    by_length: dict[int, list[int]] = {}
    for place, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(place)
    all_groups = [group for places in by_length.values() for group in _alike(prompts, places)]
    return sorted(all_groups, key=len, reverse=True)[:MOST_GROUPS]


def _alike(prompts: Sequence[Prompt], places: list[int]) -> list[list[int]]:
    if len(places) < _FEW:
        return [places]
    sample = spread(places, MOST_GROUPED)
    # A system text that all share tells nothing of what they differ in.
    parts = [
        part
        for part in range(len(prompts[places[0]]))
        if Counter(prompts[place][part] for place in sample).most_common(1)[0][1] < _CORE * len(sample)
    ]
    grams = {place: _grams(prompts[place], parts) for place in sample}
    counts = Counter(gram for held in grams.values() for gram in held)
    # The most frequent ones are the templates'; so few that long prompts cost no more than short ones.
    often = {gram for gram, count in counts.most_common(_GRAMS) if count >= max(3, len(sample) // 20)}
    leaders: list[tuple[frozenset[int], list[int]]] = []
    for place, held in grams.items():
        mark = frozenset(held & often)
        near = max(leaders, key=lambda leader: _jaccard(leader[0], mark), default=None)
        if near is not None and _jaccard(near[0], mark) >= _ALIKE:
            near[1].append(place)
        elif len(leaders) < _LEADERS:
            leaders.append((mark, [place]))
    if max(len(members) for _, members in leaders) * 10 < len(sample):
        return [places]
    clusters: list[list[int]] = []
    left = set(places)
    for _, members in sorted(leaders, key=lambda leader: -len(leader[1])):
        of_group = Counter(gram for place in members for gram in grams[place])
        core = {gram for gram, count in of_group.items() if count >= _CORE * len(members)}
        if not core or not left:
            continue
        whole = [
            place
            for place in sorted(left)
            if len(core & (grams.get(place) or _grams(prompts[place], parts))) >= _MEMBER * len(core)
        ]
        clusters.append(whole)
        left -= set(whole)
    return [group for group in clusters if group] or [places]


def _grams(prompt: Prompt, parts: Sequence[int]) -> set[int]:
    """Hashes of the runs of three tokens of some messages of a prompt, blanks aside, with their ends."""
    grams: set[int] = set()
    for text in (prompt[part] for part in parts):
        run = [_EDGE, *(token for token in tokens(text) if not token.isspace()), _EDGE]
        grams.update(map(hash, zip(run, run[1:], run[2:], strict=False)))
    return grams


def _jaccard(first: frozenset[int], second: frozenset[int]) -> float:
    union = len(first | second)
    return len(first & second) / union if union else 1.0


def spread(places: Sequence[int], most: int) -> list[int]:
    """So many of the places, evenly from first to last."""
    if len(places) <= most:
        return list(places)
    return [places[index * len(places) // most] for index in range(most)]
