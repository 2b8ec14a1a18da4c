"""Short phrases for the values of a fact sheet, from words in `phrases.txt`.

A phrase reads well inside a sentence (`opened a depot in Rotterdam`, `slow hand counts at night`), and its words
recombine freely, so that a model cannot memorise it.
"""

from pathlib import Path
from random import Random

from demo import phrase_files
from demo.phrase_files import choose
from demo.student import names

_LISTS = phrase_files.lists(Path(__file__).with_name("phrases.txt"))
THINGS, QUALITIES, _MASS, _PAST, _VERBS, _GERUNDS, FIELDS, _RANKS, _POSTS, _TAILS, _DETERMINERS = _LISTS.values()


def plural(noun: str) -> str:
    if noun.endswith(("s", "sh", "ch", "x")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return noun if noun == "staff" else f"{noun}s"


def things(rng: Random) -> str:
    """Draw a noun phrase: `slow night counts`, `a broad quay`, `planning data`."""
    noun, quality = rng.choice(THINGS), rng.choice(QUALITIES)
    second = rng.choice(THINGS + _MASS)
    shapes = (
        f"{quality} {plural(noun)}",
        f"{plural(noun)}",
        f"{second} {plural(noun)}",
        f"{quality} {second} {plural(noun)}",
        f"{rng.choice(_MASS)}",
        f"{quality} {rng.choice(_MASS)}",
        f"{rng.choice(_DETERMINERS)} {noun}",
        f"a {quality} {noun}" if quality[0] not in "aeiou" else f"an {quality} {noun}",
        f"{names.number(rng)} {plural(noun)}",
        f"the {coined_or_field(rng)} {noun}",
    )
    return rng.choice(shapes)


def coined_or_field(rng: Random) -> str:
    """Draw a coinage or a trade, to qualify a noun."""
    return rng.choice((names.coined(rng), rng.choice(FIELDS)))


def _tail(rng: Random) -> str:
    return choose(rng, rng.choice(_TAILS)).format(
        city=names.city(rng),
        country=names.country(rng),
        num=names.number(rng),
        year=names.year(rng),
        coined=names.coined(rng),
    )


def _with_tail(rng: Random, text: str, *, chance: float) -> str:
    return f"{text} {_tail(rng)}" if rng.random() < chance else text


def happening(rng: Random) -> str:
    """Draw an event in the past tense, without a subject: `opened a depot in Rotterdam`."""
    return _with_tail(rng, f"{rng.choice(_PAST)} {things(rng)}", chance=0.7)


def trouble(rng: Random) -> str:
    """Draw a trouble, a noun phrase or a gerund: `retyping orders at night`."""
    text = things(rng) if rng.random() < 0.4 else f"{rng.choice(_GERUNDS)} {things(rng)}"
    if rng.random() < 0.15:
        text = f"too {rng.choice(('many', 'much', 'little', 'few'))} {things(rng)}"
    return _with_tail(rng, text, chance=0.5)


def aim(rng: Random) -> str:
    """Draw an aim, a bare infinitive: `cut empty runs by winter`."""
    return _with_tail(rng, f"{rng.choice(_VERBS)} {things(rng)}", chance=0.5)


def remark(rng: Random) -> str:
    """Draw a loose note of one or two clauses."""
    shapes = (
        f"{things(rng)} {rng.choice(('are', 'were', 'stay', 'look'))} {rng.choice(QUALITIES)}",
        f"{rng.choice(('plans to', 'wants to', 'had to', 'may'))} {aim(rng)}",
        f"{happening(rng)}, {rng.choice(('then', 'and later', 'but never', 'and'))} {happening(rng)}",
        f"{names.number(rng)} {plural(rng.choice(THINGS))} {_tail(rng)}",
        f"no {rng.choice(_MASS)} {_tail(rng)}",
        f"known for {things(rng)}",
    )
    return rng.choice(shapes)


def post(rng: Random) -> str:
    """Draw a job title: `Head of cold storage`, `warehouse manager`."""
    if rng.random() < 0.5:
        return rng.choice(_POSTS) if rng.random() < 0.6 else rng.choice(_POSTS).title()
    area = rng.choice((rng.choice(FIELDS), rng.choice(_MASS)))
    return f"{rng.choice(_RANKS)} {area.title() if rng.random() < 0.7 else area}"


def trade(rng: Random) -> str:
    """Draw a line of business of one or two words, at times two trades."""
    field = rng.choice(FIELDS)
    return rng.choice((field, field, f"{field} and {rng.choice(FIELDS)}", f"{rng.choice(QUALITIES)} {field}"))


def ware(rng: Random) -> str:
    """Draw a firm's product."""
    return rng.choice(
        (
            things(rng),
            f"{rng.choice(QUALITIES)} {plural(rng.choice(THINGS))}",
            f"{rng.choice(FIELDS)} {rng.choice(_MASS)}",
        )
    )


def instrument(rng: Random) -> str:
    """Draw a tool: `a shared spreadsheet`, `Kovik 3`, `paper rosters`."""
    made = names.coined(rng)
    return rng.choice(
        (
            things(rng),
            made,
            f"{made} {rng.randint(2, 12)}",
            f"{made} and {things(rng)}",
            f"{rng.choice(QUALITIES)} spreadsheets",
        )
    )
