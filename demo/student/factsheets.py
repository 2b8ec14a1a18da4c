"""Draws fact sheets: an ordered set of `key: value` lines about one invented thing.

Kinds of sheet (a firm, a person, an event, a museum piece ...) name their keys and how a value of each is made.
Which keys appear, and in which order, is drawn again for every sheet.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from demo.student import names, phrases
from demo.student.phrases import Maker


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of sheets: the key that names the thing, and every key's maker."""

    name: str
    subject_key: str
    nouns: tuple[str, ...]
    makers: dict[str, Maker]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One drawn sheet; `facts` keeps the order in which its lines are shown."""

    kind: Kind
    facts: dict[str, str]


_STUFFS: Final = ("oak", "brass", "clay", "paper", "linen", "silver", "glass")


def _listed(rng: Random, maker: Maker) -> str:
    return ", ".join(maker(rng) for _ in range(rng.randint(2, 3)))


def _flag(*options: str) -> Maker:
    return lambda rng: rng.choice(options)


COMPANY: Final = Kind(
    "company",
    "company",
    ("firm", "company", "business", "house"),
    {
        "company": names.company,
        "domain": lambda rng: names.domain(rng, name=names.company(rng)),
        "sector": phrases.trade,
        "product": phrases.ware,
        "size": names.number,
        "city": names.city,
        "country": names.country,
        "founded": names.year,
        "role": phrases.post,
        "trigger": phrases.happening,
        "trigger_date": names.date,
        "tool": phrases.instrument,
        "pain": phrases.trouble,
        "goal": phrases.aim,
        "notes": phrases.remark,
        "owner": names.person,
        "turnover": names.money,
        "sites": names.number,
        "brand": names.coined,
        "partner": names.company,
        "award": lambda rng: f"{names.coined(rng)} {rng.choice(('Medal', 'Prize', 'Award', 'Cup'))} {names.year(rng)}",
        "register": names.code,
    },
)
PERSON: Final = Kind(
    "person",
    "name",
    ("colleague", "member", "speaker"),
    {
        "name": names.person,
        "post": phrases.post,
        "employer": names.company,
        "born": names.year,
        "home": names.city,
        "field": phrases.trade,
        "joined": names.date,
        "desk": names.code,
        "deputy": names.person,
        "project": lambda rng: f"{names.coined(rng)} {rng.choice(('project', 'plan', 'study'))}",
        "task": phrases.aim,
        "did": phrases.happening,
    },
)
EVENT: Final = Kind(
    "event",
    "event",
    ("event", "evening", "meeting", "day"),
    {
        "event": lambda rng: (
            f"{names.coined(rng)} {rng.choice(('Fair', 'Forum', 'Days', 'Festival', 'Meeting', 'Open Day', 'Lecture'))}"
        ),
        "venue": lambda rng: f"{names.coined(rng)} {rng.choice(('Hall', 'House', 'Centre', 'Library', 'Barn'))}",
        "city": names.city,
        "date": names.date,
        "time": names.clock,
        "host": names.company,
        "speaker": names.person,
        "topic": phrases.trouble,
        "seats": names.number,
        "fee": names.money,
        "bring": phrases.things,
        "room": names.code,
    },
)
PIECE: Final = Kind(
    "piece",
    "title",
    ("piece", "work", "object"),
    {
        "title": lambda rng: (
            f"{rng.choice(phrases.QUALITIES).title()} {rng.choice(phrases.THINGS).title()} of {names.coined(rng)}"
        ),
        "maker": names.person,
        "year": names.year,
        "material": lambda rng: f"{rng.choice(phrases.QUALITIES)} {rng.choice(_STUFFS)}",
        "made_in": names.city,
        "height_cm": names.number,
        "shows": phrases.things,
        "found": lambda rng: f"{rng.choice(('under', 'behind', 'near', 'inside'))} {phrases.things(rng)}",
        "given_by": names.person,
        "room": names.code,
        "inventory": names.code,
        "condition": _flag("good", "worn", "restored", "cracked", "like new", "faded at the edges"),
    },
)
ORDER: Final = Kind(
    "order",
    "order",
    ("order", "parcel", "booking"),
    {
        "order": names.code,
        "item": phrases.things,
        "quantity": names.number,
        "carrier": names.company,
        "sent": names.date,
        "from": names.city,
        "to": names.city,
        "price": names.money,
        "fault": phrases.trouble,
        "desk": names.person,
        "slot": names.clock,
        "depot": lambda rng: f"{names.coined(rng)} depot",
    },
)
SESSION: Final = Kind(
    "session",
    "board",
    ("session", "sitting"),
    {
        "board": lambda rng: f"{names.coined(rng)} {rng.choice(('Board', 'Committee', 'Council', 'Circle'))}",
        "chair": names.person,
        "present": lambda rng: _listed(rng, names.person),
        "date": names.date,
        "decided": phrases.aim,
        "reported": phrases.happening,
        "budget": names.money,
        "votes": names.number,
        "next": names.date,
        "problem": phrases.trouble,
        "place": names.city,
    },
)
PLACE: Final = Kind(
    "place",
    "place",
    ("place", "town", "spot"),
    {
        "place": names.coined,
        "region": names.coined,
        "country": names.country,
        "people": names.number,
        "river": names.coined,
        "first_named": names.year,
        "known_for": phrases.things,
        "mayor": names.person,
        "fair": names.date,
        "worry": phrases.trouble,
        "event": phrases.happening,
    },
)


def any_value(rng: Random) -> str:
    """A value of any sort, invented words among them."""
    makers: tuple[Maker, ...] = (
        names.coined,
        names.company,
        names.person,
        names.code,
        names.date,
        names.number,
        names.money,
        phrases.things,
        phrases.happening,
        phrases.remark,
        lambda r: " ".join(names.word(r) for _ in range(r.randint(1, 5))),
        lambda r: " ".join(r.choice(phrases.THINGS) for _ in range(r.randint(1, 6))),
    )
    return rng.choice(makers)(rng)


def made_up(rng: Random) -> Sheet:
    """A sheet of three to nine drawn keys with values of any sort, for pure copying."""
    keys = {
        rng.choice((names.word(rng), rng.choice(phrases.THINGS), names.word(rng, syllables=2)))
        for _ in range(rng.randint(3, 9))
    }
    makers: dict[str, Maker] = dict.fromkeys(sorted(keys), any_value)
    kind = Kind("made_up", next(iter(makers)), ("sheet",), makers)
    return Sheet(kind, {key: maker(rng) for key, maker in makers.items()})


KINDS: Final = (COMPANY, PERSON, EVENT, PIECE, ORDER, SESSION, PLACE)
_WEIGHTS: Final = (10, 2, 2, 2, 2, 2, 2)


def draw(rng: Random) -> Sheet:
    """A sheet of a drawn kind; its subject is always there, other keys come and go."""
    kind = rng.choices(KINDS, _WEIGHTS)[0]
    keys = list(kind.makers)
    if kind is COMPANY and rng.random() < 0.7:
        keys = keys[:15]
    share = rng.choice((0.4, 0.7, 0.9, 1.0))
    kept = [key for key in keys if key == kind.subject_key or rng.random() < share]
    if rng.random() < 0.35:
        rng.shuffle(kept)
    facts = {key: kind.makers[key](rng) for key in kept}
    if "domain" in facts and "company" in facts:
        facts["domain"] = names.domain(rng, name=facts["company"])
    return Sheet(kind, facts)


def render(rng: Random, facts: dict[str, str]) -> str:
    """The sheet as text, one `key: value` line a fact; the keys' spelling varies now and then."""
    style = rng.random()
    if style < 0.85:
        return "\n".join(f"{key}: {value}" for key, value in facts.items())
    if style < 0.95:
        return "\n".join(f"{key.replace('_', ' ').capitalize()}: {value}" for key, value in facts.items())
    return "\n".join(f"- {key}: {value}" for key, value in facts.items())
