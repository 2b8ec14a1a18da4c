"""The templates that prompts were made from, found from the prompts alone.

What all have in common is constant, the rest slots.

Miners of system logs (Drain, Spell) compare lines word by word at fixed places or by longest common subsequences; a
prompt is a page whose slots may be paragraphs, where a subsequence finds *the* and *of* between any two. So constants
are taken as whole runs of tokens: the longest run that every prompt of a group holds exactly once splits them all, and
what lies left and right of it is split again. Before that prompts are grouped by the short runs that many of them
share, so that a log of several templates, or with strangers in it, gives a template for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from review.sources.imports.logs.common_text import Constants, Prompt, constants_of, makes, weights
from review.sources.imports.logs.grouping import groups, spread
from review.sources.imports.logs.slot_names import named
from review.sources.imports.logs.template import Template

_SAMPLE, _LEAST_SAMPLE, _SAMPLE_TOKENS = 120, 24, 60_000
_SMALL_SAMPLES, _FEWEST, _NEARLY = 6, 8, 0.95
_ROUNDS, _ADDED, _KEPT = 4, 40, 0.6
_SHORT, _TELLING = 40, 12
_PASSES = 3


@dataclass(frozen=True, slots=True)
class Induced:
    """One template and the prompts it rebuilds.

    Attributes:
        parts: A template for each message, the user's last; a slot has one name and one value in all of them.
        rows: Places of the prompts that it rebuilds byte for byte.
    """

    parts: tuple[Template, ...]
    rows: tuple[int, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(slot for part in self.parts for slot in part.slots))

    def values_in(self, prompt: Prompt) -> dict[str, str] | None:
        """Values that make this prompt, or None where no values do."""
        return _values(self.parts, prompt)


def induce(prompts: Sequence[Prompt]) -> list[Induced]:
    """Find the templates behind prompts, the one that made most of them first.

    Prompts that none of them rebuilds are in no template's rows. Takes a second or two for 1,000 prompts of a page.
    """
    left = list(range(len(prompts)))
    templates: list[Induced] = []
    if len(set(prompts)) > 1:
        for _ in range(_PASSES):
            before = len(left)
            left = _pass(prompts, left, templates)
            if len(left) == before or len(left) < _FEWEST:
                break
    if len(left) * 2 > len(prompts):
        # Prompts with nothing in common, or one alone, are one slot from end to end.
        left, templates = list(range(len(prompts))), []
        for size in {len(prompts[place]) for place in left}:
            left = _found(prompts, [["", ""]] * size, left, templates)
    return sorted(templates, key=lambda each: -len(each.rows))


def _pass(prompts: Sequence[Prompt], left: list[int], templates: list[Induced]) -> list[int]:
    """Look for templates among the prompts that are left. Returns those that none makes."""
    among = [prompts[place] for place in left]
    for group in _merged(among, groups(among)):
        constants = _absorbed(prompts, _template(among, group), left)
        if _is_telling(constants, len(group), len(prompts)):
            left = _found(prompts, constants, left, templates)
    return left


def _found(prompts: Sequence[Prompt], constants: Constants, left: list[int], templates: list[Induced]) -> list[int]:
    """Note a template with the prompts it makes. Returns those that are left."""
    rows = [place for place in left if makes(constants, prompts[place])]
    is_template = any(len(of_part) > 1 for of_part in constants) or len(rows) >= _FEWEST
    if rows and is_template:
        parts = named(constants, [prompts[place] for place in rows])
        made = tuple(place for place in rows if _values(parts, prompts[place]) is not None)
        templates.append(Induced(parts, made))
        rows = list(made)
    gone = set(rows if is_template else ())
    return [place for place in left if place not in gone]


def _values(parts: Sequence[Template], prompt: Prompt) -> dict[str, str] | None:
    if len(parts) != len(prompt):
        return None
    values: dict[str, str] = {}
    for part, text in zip(parts, prompt, strict=True):
        held = part.values_in(text)
        if held is None or any(values.setdefault(slot, value) != value for slot, value in held.items()):
            return None
    return values


def _template(prompts: Sequence[Prompt], places: list[int]) -> Constants:
    """The constants of a group.

    A few prompts of another version of the template among many would leave less of it constant. So it is sought in
    small samples too, and the most constant finding wins that makes nearly all of the group.
    """
    size = sum(map(len, prompts[places[0]])) // 4 + 1
    sample = spread(places, max(_LEAST_SAMPLE, min(_SAMPLE, _SAMPLE_TOKENS // size)))
    best = constants_of([prompts[place] for place in sample])
    for start in range(_SMALL_SAMPLES if len(sample) >= _SMALL_SAMPLES * _FEWEST else 0):
        few = constants_of([prompts[place] for place in sample[start::_SMALL_SAMPLES]])
        if sum(weights(few)) > sum(weights(best)) and sum(
            makes(few, prompts[place]) for place in places
        ) >= _NEARLY * len(places):
            best = few
    for _ in range(_ROUNDS):
        missed = [place for place in places if not makes(best, prompts[place])]
        if len(missed) <= (1 - _NEARLY) * len(places):
            break
        sample = [*sample, *spread(missed, _ADDED)]
        wider = constants_of([prompts[place] for place in sample])
        # Strangers in the group would leave nothing but slots: rather list them.
        if not _keeps(weights(wider), weights(best)):
            break
        best = wider
    return best


def _merged(prompts: Sequence[Prompt], groups: list[list[int]]) -> list[list[int]]:
    """Groups joined that differ by the value of a slot alone, so that together they keep most of what is constant."""
    kept: list[tuple[list[int], list[int]]] = []
    for group in groups:
        alone = weights(constants_of([prompts[place] for place in spread(group, _LEAST_SAMPLE)]))
        for index, (other, of_other) in enumerate(kept):
            if len(prompts[other[0]]) != len(prompts[group[0]]):
                continue
            both = [*spread(other, _LEAST_SAMPLE), *spread(group, _LEAST_SAMPLE)]
            together = weights(constants_of([prompts[place] for place in both]))
            if _keeps(together, list(map(min, alone, of_other))):
                kept[index] = (sorted([*other, *group]), together)
                break
        else:
            kept.append((group, alone))
    return sorted((group for group, _ in kept), key=len, reverse=True)


def _absorbed(prompts: Sequence[Prompt], constants: Constants, left: list[int]) -> Constants:
    """Constants that make a few prompts more, where that costs no more of them than the value of a short slot.

    What nearly all prompts say alike, such as the most common language, looks constant until a rare value shows.
    """
    made = [place for place in left if makes(constants, prompts[place])]
    missed = [place for place in left if len(prompts[place]) == len(constants) and not makes(constants, prompts[place])]
    for place in spread(missed, _ADDED):
        if makes(constants, prompts[place]):
            continue
        wider = constants_of([prompts[each] for each in (*spread(made, _LEAST_SAMPLE), place)])
        if all(map(_is_short, weights(wider), weights(constants))):
            still = [each for each in made if makes(wider, prompts[each])]
            if len(still) == len(made):
                constants, made = wider, [*made, place]
    return constants


def _keeps(less: Sequence[int], than: Sequence[int]) -> bool:
    """Return whether every message keeps at least the share `_KEPT` of its constant weight."""
    return all(kept >= _KEPT * before for kept, before in zip(less, than, strict=True))


def _is_short(kept: int, before: int) -> bool:
    """Return whether a message loses no more constant text than a short slot's value, and at most half."""
    lost = before - kept
    return lost <= max(_SHORT, before // 10) and 2 * lost <= before


def _is_telling(constants: Constants, count: int, of_all: int) -> bool:
    """Return whether constants make a template: they weigh enough, or at least 90 % of the prompts have them."""
    return sum(weights(constants)) >= _TELLING or 10 * count >= 9 * of_all
