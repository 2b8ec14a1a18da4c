"""Fictional prospects of the demo: seeded records of fourteen facts, some incomplete, some contradictory.

Every company is invented and every domain ends in `.example`.
"""

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from demo import phrase_files

FACTS = (
    "company", "domain", "sector", "product", "size", "city", "country", "founded", "role", "trigger", "trigger_date",
    "tool", "pain", "goal", "notes",
)  # fmt: skip
NEVER_MISSING = ("company", "sector", "role")
DEFAULT_SEED = 2026
# Number of companies; last number of those for training only; number of the latter that keep all facts.
COUNT, LAST_FOR_TRAINING, WHOLE_FOR_TRAINING = 300, 3600, 460
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September")
_GAP_RATE = 0.15
_CONTRADICTION_RATE = 0.08
_FILE = Path(__file__).with_name("phrases.txt")
# Triggers are verbs in the past tense, pains noun phrases and goals infinitives: each reads well inside a sentence.
ROLES, TRIGGERS, PAINS, TOOLS, GOALS, NOTES = phrase_files.lists(_FILE).values()
_NUMBERS = {name: (int(least), int(most)) for name, (least, most) in phrase_files.read(_FILE)["numbers"].lists.items()}
PLACES = phrase_files.read(_FILE)["places"].lists
_NAMES = phrase_files.read(Path(__file__).with_name("company_names.txt"))
_HEADS, _TAILS, _PLAIN = _NAMES[""].lists.values()
_FIRST_OF_PLAIN = {name.split()[0] for name in _PLAIN}
_LEGAL_FORMS = {country: form for country, (form,) in _NAMES["legal forms"].lists.items()}
MAX_LENGTH = 27
STRANGE = phrase_files.lists(_FILE.with_name("strangers.txt"))


class Sector(NamedTuple):
    """Line of business: words for company names, phrases for the facts of a record, and its tool."""

    name: str
    names: list[str]
    products: list[str]
    triggers: list[str]
    pains: list[str]
    tool: list[str]


_SECTORS_FILE = phrase_files.read(_FILE.with_name("sectors.txt"))
SECTORS = [Sector(name, **section.lists) for name, section in _SECTORS_FILE.items() if name]


def prospects(count: int = COUNT, seed: int = DEFAULT_SEED) -> list[dict[str, str]]:
    """Draw fictional companies with their facts.

    Args:
        count: Number of companies; a longer list begins with the shorter one.
        seed: Seed; the same one gives the same list everywhere.

    Returns:
        One dict for each company, with keys in the order of `FACTS`; an unknown fact has no key. About 15 % of the
        records miss one to three facts, and about 8 % have `notes` that contradict another fact. Company names differ.
    """
    rng, stems = random.Random(seed), set[str]()
    return [_record(rng, stems) for _ in range(count)]


def for_training(split_of: Callable[[str], str]) -> list[dict[str, str]]:
    """Draw further companies of the train split, most of them with four to nine facts fewer.

    Many of those bear names, lines of business and notes as strangers write them: a small student learns to copy only
    what varies.
    """
    rng = random.Random(DEFAULT_SEED)
    further = [facts for facts in prospects(LAST_FOR_TRAINING)[COUNT:] if split_of(facts["company"]) == "train"]
    taken = {facts["company"] for facts in further}
    rows = further[:WHOLE_FOR_TRAINING]
    for facts in further[WHOLE_FOR_TRAINING:]:
        company = next(name for name in _names(rng, facts["company"]) if split_of(name) == "train")
        company = facts["company"] if company in taken else company
        taken.add(company)
        others = {"company": company, "domain": f"{letters_of(company)}.example"}
        for name in ("sector", "notes"):
            others[name] = rng.choice((facts.get(name, ""), *rng.sample(STRANGE[name], 3)))
        others["notes"] = others["notes"].replace("{company}", company)
        rows.append(_sparse(rng, {name: others.get(name) or value for name, value in facts.items()}))
    return rows


def _names(rng: random.Random, company: str) -> Iterator[str]:
    """Yield names in other spellings of a company's first word, and at last the company's own."""
    first, *others = company.replace("-", " ").split()
    for _ in range(20):
        ending, letters = rng.choice(STRANGE["endings"]), rng.choice(STRANGE["letters"])
        joined = first + rng.choice(others or [ending]).title().replace("&", "")
        shapes = (company, first, joined, first + ending, f"{first} {letters}", first.lower(), first.upper())
        yield rng.choice(shapes)
    yield company


def _sparse(rng: random.Random, facts: dict[str, str]) -> dict[str, str]:
    spare = [name for name in facts if name not in NEVER_MISSING]
    dropped = set(rng.sample(spare, min(rng.randint(4, 9), len(spare) - 1)))
    return {name: value for name, value in facts.items() if name not in dropped}


def write_csv(
    path: Path, rows: Sequence[dict[str, str]] | None = None, *, split_of: Callable[[str], str] | None = None
) -> None:
    """Write companies as UTF-8 CSV with a header; a missing fact is an empty cell.

    Args:
        rows: Facts of companies; by default those of `prospects`.
        split_of: Function from a company to its split; with it the file has a column of splits.
    """
    rows = prospects() if rows is None else rows
    if split_of:
        rows = [{**facts, "split": split_of(facts["company"])} for facts in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, (*FACTS, "split") if split_of else FACTS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _stem(rng: random.Random) -> str:
    head = rng.choice(_HEADS)
    return head + rng.choice([tail for tail in _TAILS if tail[0] != head[-1]])


def _draw(rng: random.Random, words: list[str], country: str) -> str:
    word = rng.choice(words)
    shape = rng.randrange(9)
    if shape == 0:
        return _stem(rng)
    if shape == 1:
        return f"{_stem(rng)} & {_stem(rng)}"
    if shape == 2:
        return f"{_stem(rng)}-{_stem(rng)} {word}"
    if shape == 3:
        return f"{_stem(rng)} {word} {_LEGAL_FORMS.get(country, 'Group')}"
    if shape == 4:
        return f"{rng.choice(_PLAIN)} {word}"
    if shape == 5:
        return f"{_stem(rng)} {_LEGAL_FORMS.get(country, 'Group')}"
    if shape == 6:
        return f"{_stem(rng)} & {rng.choice(('Sons', 'Daughters', 'Partners'))} {word}"
    return f"{_stem(rng)} {word}"


def _new_name(rng: random.Random, words: list[str], country: str, stems: set[str]) -> str:
    """Draw a name of at most `MAX_LENGTH` characters, and add its stem to those taken.

    No invented stem begins two names; a name such as "Blue Heron" may return with another sector's word. Of `words`,
    those of the sector, one may end the name.
    """
    while True:
        name = _draw(rng, words, country)
        stem = name.split()[0] if name.split()[0] not in _FIRST_OF_PLAIN else name
        if len(name) <= MAX_LENGTH and stem not in stems:
            stems.add(stem)
            return name


def _record(rng: random.Random, stems: set[str]) -> dict[str, str]:
    sector = rng.choice(SECTORS)
    country = rng.choice(list(PLACES))
    company = _new_name(rng, sector.names, country, stems)
    facts = {
        "company": company,
        "domain": f"{letters_of(company)}.example",
        "sector": sector.name,
        "product": rng.choice(sector.products),
        "size": str(_staff(rng)),
        "city": rng.choice(PLACES[country]),
        "country": country,
        "founded": str(rng.randint(1921, 2019)),
        "role": rng.choice(ROLES),
        "trigger": _trigger(rng, sector),
        "trigger_date": f"{rng.randint(1, 28)} {rng.choice(_MONTHS)} 2026",
        "tool": rng.choice(sector.tool + TOOLS),
        "pain": rng.choice(sector.pains * 2 + PAINS),
        "goal": _filled(rng, rng.choice(GOALS)),
        "notes": rng.choice(NOTES),
    }
    if rng.random() < _CONTRADICTION_RATE:
        facts["notes"] = _contradiction(rng, facts)
    if rng.random() < _GAP_RATE:
        _drop_facts(rng, facts)
    return facts


def letters_of(company: str) -> str:
    """Return the letters and digits of a name, as in a web domain."""
    return "".join(letter for letter in company.lower().replace("&", "and") if letter.isalnum())


def _staff(rng: random.Random) -> int:
    small = rng.randint(12, 95)
    return small if rng.random() < 0.4 else 10 * rng.randint(10, 90)


def _trigger(rng: random.Random, sector: Sector) -> str:
    return _filled(rng, rng.choice(sector.triggers * 3 + TRIGGERS))


def _filled(rng: random.Random, pattern: str) -> str:
    place = rng.choice(PLACES[rng.choice(list(PLACES))])
    numbers = {name: rng.randint(low, high) for name, (low, high) in _NUMBERS.items()}
    return pattern.format(place=place, **numbers)


def _contradiction(rng: random.Random, facts: dict[str, str]) -> str:
    staff = max(5, int(facts["size"]) * 2 // 5)
    year = int(facts["founded"]) + rng.choice((-14, -6, 4, 11))
    elsewhere = rng.choice([city for cities in PLACES.values() for city in cities if city != facts["city"]])
    return rng.choice(
        (
            f"{rng.choice(NOTES)}; the website speaks of about {staff} staff",
            f"an older article speaks of about {staff} people",
            f"{rng.choice(NOTES)}; a directory gives {year} as the founding year",
            f"one article places the company in {elsewhere}",
        )
    )


def _drop_facts(rng: random.Random, facts: dict[str, str]) -> None:
    optional = [key for key in FACTS if key not in NEVER_MISSING]
    for key in rng.sample(optional, rng.randint(1, 3)):
        del facts[key]
