"""Invented names, places, dates and numbers for the demo student's pre-training, from parts in `names.txt`."""

from pathlib import Path
from random import Random

from demo import phrase_files
from demo.student import passages

_FILE = Path(__file__).with_name("names.txt")
_HEADS, _TAILS, _TRADES, _FORMS, _FIRST, _CITIES, _COUNTRIES, _MONTHS = phrase_files.lists(_FILE).values()
_ACCENTS = dict(zip("aeiounsc", "áéíöüñšç", strict=True))
# Onsets, nuclei and codas of five imagined languages.
_STYLES = [tuple(section.lists.values()) for name, section in phrase_files.read(_FILE).items() if name]


def word(rng: Random, *, syllables: int = 0) -> str:
    """Invent a lower-case word of one to three syllables; 0 draws their number."""
    onsets, nuclei, codas = rng.choice(_STYLES)
    count = syllables or rng.choice((1, 2, 2, 2, 3))
    parts = [rng.choice(onsets) + rng.choice(nuclei) for _ in range(count)]
    return "".join(parts) + rng.choice(codas)


class WideRandom(Random):
    """Random source with which coinages include words of prose, accents and odd capitals."""


def coined(rng: Random) -> str:
    """Invent a capitalised word: syllables, an English compound or CamelCase."""
    is_wide = isinstance(rng, WideRandom)
    kind = rng.random()
    if is_wide and kind < 0.2:
        made = passages.word(rng).capitalize()
    elif kind < (0.6 if is_wide else 0.55):
        made = word(rng).capitalize()
    else:
        made = rng.choice(_HEADS) + (rng.choice(_TAILS) if kind < 0.9 else rng.choice(_TAILS).capitalize())
    return _oddly_spelt(rng, made) if is_wide else made


def _oddly_spelt(rng: Random, made: str) -> str:
    """Give one coinage in eight accents or odd capitals."""
    style = rng.random()
    if style < 0.06:
        made = "".join(_ACCENTS.get(letter, letter) if rng.random() < 0.5 else letter for letter in made)
    elif style < 0.12:
        made = made.upper() if len(made) < 8 else "".join(rng.choice((each, each, each.upper())) for each in made)
    return made


def code(rng: Random) -> str:
    """Draw a reference such as `KT-4821`, `B17` or `2209/4`."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    digits = str(rng.randrange(10 ** rng.randint(1, 4), 10**5))
    return rng.choice(
        (f"{letters}-{digits}", f"{letters}{digits}", f"{digits}/{rng.randint(1, 99)}", f"{letters} {digits}")
    )


def company(rng: Random) -> str:
    """Draw a firm's name of one to four words, sometimes with a legal form."""
    first, second, trade = coined(rng), coined(rng), rng.choice(_TRADES)
    shapes = (
        first,
        f"{first} {trade}",
        f"{first} {trade}",
        f"{first} {second}",
        f"{first} {rng.choice(_TRADES)} {trade}",
        f"{first} & {second}",
        f"{first} & {rng.choice(('Sons', 'Daughters', 'Co', 'Partners', 'Kin'))}",
        f"{first}-{second}",
        f"{first} {second} {trade}",
        f"{rng.choice(_HEADS)} {rng.choice(_HEADS)} {trade}",
        f"{rng.choice(_HEADS)} & {rng.choice(_HEADS)}",
        f"{code(rng).split('-')[0].split('/')[0]} {trade}",
        f"{first} {rng.randint(2, 99)}",
        f"{rng.randint(2, 99)} {rng.choice(_HEADS)}s {trade}",
        f"House of {first}",
    )
    name = rng.choice(shapes)
    return f"{name} {rng.choice(_FORMS)}" if rng.random() < 0.2 else name


def person(rng: Random) -> str:
    """Draw a full name; usually at least one part is invented."""
    first = rng.choice(_FIRST) if rng.random() < 0.6 else word(rng).capitalize()
    last = rng.choice(
        (coined(rng), coined(rng), f"{coined(rng)}-{coined(rng)}", f"O'{coined(rng)}", f"de {coined(rng)}")
    )
    return rng.choice((f"{first} {last}", f"{first} {last}", f"{first[0]}. {last}", f"Dr {first} {last}"))


def city(rng: Random) -> str:
    """Draw a town: a real one two times in three, else an invented one."""
    return rng.choice(_CITIES) if rng.random() < 0.65 else coined(rng)


def country(rng: Random) -> str:
    return rng.choice(_COUNTRIES)


def number(rng: Random) -> str:
    """Draw a count of one to five digits, small ones more often, sometimes with a comma."""
    value = rng.randrange(2, 10 ** rng.choice((1, 2, 2, 3, 3, 3, 4, 5)) + 3)
    return f"{value:,}" if rng.random() < 0.3 else str(value)


def year(rng: Random) -> str:
    """Draw a year from 1850 to 2029."""
    return str(rng.choice((rng.randint(1850, 2029), rng.randint(1970, 2026))))


def date(rng: Random) -> str:
    """Draw a date in one of several spellings, most often `3 May 2026`."""
    day, month, of = rng.randint(1, 28), rng.randrange(12), year(rng)
    name = _MONTHS[month]
    return rng.choice(
        (f"{day} {name} {of}",) * 4
        + (f"{name} {day}, {of}", f"{of}-{month + 1:02}-{day:02}", f"{name} {of}", f"{day} {name}")
    )


def clock(rng: Random) -> str:
    """Draw a time of day such as `9:30` or `14:05`."""
    return f"{rng.randint(0, 23)}:{rng.choice((0, 5, 15, 30, 45)):02}"


def money(rng: Random) -> str:
    amount = rng.choice((number(rng), f"{rng.randint(1, 90)}.{rng.randint(1, 9)} million"))
    return f"{rng.choice(('EUR', 'USD', 'GBP', 'NOK', 'CHF', 'SEK'))} {amount}"


def domain(rng: Random, *, name: str) -> str:
    """Make a web domain from a firm's name."""
    slug = "".join(
        c for c in name.lower().replace("&", "and").replace(" ", rng.choice(("", "-"))) if c.isalnum() or c == "-"
    )
    return f"{slug.strip('-')}.{rng.choice(('example', 'example', 'example', 'test', 'invalid'))}"
