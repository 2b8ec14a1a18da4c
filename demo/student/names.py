"""Invents names, places, dates and numbers for the demo student's pre-training.

Everything is drawn from a `random.Random`, so a seed fixes the stream.
"""

from random import Random
from typing import Final


def _parts(separator: str, text: str) -> list[str]:
    return text.split(separator)


_STYLES: Final = (
    (
        ("b", "br", "d", "f", "g", "h", "k", "kl", "l", "m", "n", "r", "s", "st", "t", "v"),
        ("a", "e", "i", "o", "u", "å", "ø", "ei", "y"),
        ("", "n", "r", "s", "nd", "lt", "rg", "vik", "dal"),
    ),
    (
        ("b", "c", "d", "f", "g", "l", "m", "n", "p", "qu", "r", "s", "t", "v", "z"),
        ("a", "e", "i", "o", "u", "ia", "io"),
        ("", "", "n", "r", "s", "l", "lla", "nti"),
    ),
    (
        ("b", "ch", "d", "dr", "g", "k", "kr", "m", "n", "p", "s", "sl", "t", "v", "z", "zh"),
        ("a", "e", "i", "o", "u", "y"),
        ("", "k", "n", "v", "sk", "rov", "nik", "c"),
    ),
    (
        ("h", "j", "k", "m", "n", "r", "s", "sh", "t", "ts", "w", "y", "x", "q"),
        ("a", "i", "u", "e", "o", "ai", "ao", "uo"),
        ("", "", "n", "ng", "m"),
    ),
    (
        ("bl", "br", "c", "cl", "dr", "f", "fl", "gr", "h", "j", "m", "p", "pl", "t", "tr", "w", "wh"),
        ("a", "e", "ea", "ee", "i", "o", "oo", "ou", "u", "ai"),
        ("", "ck", "dge", "ft", "ll", "lm", "m", "n", "nt", "rn", "sh", "st", "th", "x", "zz"),
    ),
)

_HEADS: Final = _parts(
    " ",
    "Alder Amber Anchor Arbor Ash Aspen Bay Beacon Birch Black Blue Bright Brook Cedar Clear Cliff Cloud Copper "
    "Coral Crown Dawn Deep Delta Dove Eagle East Elm Ember Falcon Fern Field Fir Flint Fox Glass Gold Granite "
    "Green Grey Harbor Hawk Hazel Heron High Hill Iron Ivy Juniper Kestrel Lake Lark Laurel Light Lime Linden "
    "Long Maple Marsh Meadow Mill Moon Moss North Oak Ocean Olive Orchard Otter Park Pearl Pine Plum Port Quarry "
    "Quill Raven Red Reed Ridge River Robin Rock Rose Rowan Sage Salt Sand Silver Sky Slate Snow South Spruce "
    "Star Stone Storm Summit Sun Swift Thorn Tide Timber True Union Vale Valley West White Wild Willow Wind "
    "Winter Wolf Wood Wren Yellow",
)
_TAILS: Final = _parts(
    " ",
    "bank bay beam berg bird bridge brook burn bury castle cliff cote cove crest dale field fall feather fold "
    "ford forge gate glen grove hall ham haven heath hill holm hurst land leaf light line loft mark mead mere "
    "mill mont mouth path peak point pool port ridge rock row sea shore side spring stead stock stone stream "
    "thorpe ton tree vale view wall ward water way well wick wind wood worth yard",
)
_TRADES: Final = _parts(
    " ",
    "Advisory Aerospace Agency Analytics Antiques Apparel Archive Automation Bakery Bank Bearings Books Brewing "
    "Builders Cables Capital Care Cartons Catering Ceramics Chemicals Clinic Coatings Coffee Cold Chain "
    "Components Concrete Construction Couriers Crafts Creative Dairy Dental Design Diagnostics Digital "
    "Distribution Dynamics Education Electric Energy Engineering Events Fabrics Farms Films Finance Fisheries "
    "Fitness Foods Forestry Foundry Freight Furniture Games Garments Gardens Glass Grain Group Hardware Haulage "
    "Health Homes Hospitality Hotels Industries Instruments Insurance Interiors Joinery Kitchens Laboratories "
    "Labs Laundry Leasing Lifts Lighting Lines Logistics Machinery Marine Materials Mechanical Media Medical "
    "Metals Mining Mobility Motors Mutual Networks Nurseries Optics Outdoor Packaging Paints Paper Partners "
    "Parts Pharma Plastics Plumbing Poultry Power Precision Press Printing Produce Properties Publishing Pumps "
    "Railways Records Recycling Refrigeration Repairs Research Retail Robotics Roofing Schools Seafood Security "
    "Seeds Services Shipping Solar Solutions Steel Storage Studio Supplies Supply Surveyors Systems Tankers "
    "Technologies Textiles Tiles Timber Tooling Tools Tours Toys Trading Transport Travel Trucks Tyres Utilities "
    "Ventures Vets Vineyards Warehousing Waste Water Windows Wines Works Yachts",
)
_FORMS: Final = ("Ltd", "GmbH", "AS", "Inc.", "B.V.", "SA", "AB", "Oy", "PLC", "LLC", "S.p.A.", "ApS", "Pty", "AG")
_FIRST: Final = _parts(
    " ",
    "Ada Aisha Alan Amara Ana Anders Anil Astrid Ben Bruno Carla Chen Clara Dana Diego Edith Elena Emeka Erik "
    "Eva Farid Fiona Greta Hana Hugo Ida Ines Ivan Jada Jonas Joy Kai Karin Kofi Lars Leila Liam Lina Lucia Maja "
    "Marek Mei Mona Nadia Nils Noor Olga Omar Paula Pedro Petra Priya Rania Rosa Ruth Sami Sara Sofia Sven Tariq "
    "Tessa Tom Uma Vera Viktor Wei Yara Yusuf Zoe",
)
_CITIES: Final = _parts(
    "|",
    "Aarhus|Accra|Adelaide|Ankara|Antwerp|Athens|Atlanta|Austin|Bangkok|Barcelona|Basel|Belfast|Bergen|Berlin|"
    "Bilbao|Bogotá|Bologna|Bordeaux|Boston|Bremen|Bristol|Brno|Brussels|Budapest|Cairo|Calgary|Cape Town|Cardiff|"
    "Chicago|Cologne|Copenhagen|Cork|Dakar|Dallas|Delft|Denver|Dresden|Dublin|Durban|Edinburgh|Eindhoven|Gdansk|"
    "Geneva|Genoa|Ghent|Glasgow|Gothenburg|Graz|Groningen|Hamburg|Hanoi|Helsinki|Houston|Izmir|Kampala|Kaunas|"
    "Kraków|Kyoto|Lagos|Leeds|Leipzig|Lima|Linz|Lisbon|Liverpool|Ljubljana|Lyon|Madrid|Malmö|Manchester|"
    "Marseille|Melbourne|Mexico City|Milan|Montreal|Mumbai|Munich|Nairobi|Nantes|Naples|New York|Oslo|Osaka|"
    "Ottawa|Oulu|Palermo|Paris|Perth|Porto|Poznan|Prague|Quito|Reims|Riga|Rotterdam|San Diego|Santiago|São Paulo|"
    "Seattle|Seoul|Seville|Sofia|Stavanger|Stuttgart|Sydney|Tallinn|Tampere|Toronto|Toulouse|Trieste|Trondheim|"
    "Turin|Turku|Utrecht|Valencia|Vancouver|Vienna|Vilnius|Warsaw|Wellington|Zagreb|Zaragoza|Zürich",
)
_COUNTRIES: Final = _parts(
    "|",
    "Argentina|Australia|Austria|Belgium|Brazil|Bulgaria|Canada|Chile|Colombia|Croatia|Czechia|Denmark|Egypt|"
    "Estonia|Finland|France|Germany|Ghana|Greece|Hungary|Iceland|India|Indonesia|Ireland|Italy|Japan|Kenya|"
    "Latvia|Lithuania|Malaysia|Mexico|Morocco|Netherlands|New Zealand|Nigeria|Norway|Peru|Poland|Portugal|"
    "Romania|Senegal|Serbia|Singapore|Slovakia|Slovenia|South Africa|South Korea|Spain|Sweden|Switzerland|"
    "Thailand|Turkey|Uganda|United Kingdom|United States|Uruguay|Vietnam",
)
_MONTHS: Final = _parts(
    " ",
    "January February March April May June July August September October November December",
)


def word(rng: Random, *, syllables: int = 0) -> str:
    """An invented lower-case word of one to three syllables (0 draws how many)."""
    onsets, nuclei, codas = rng.choice(_STYLES)
    count = syllables or rng.choice((1, 2, 2, 2, 3))
    parts = [rng.choice(onsets) + rng.choice(nuclei) for _ in range(count)]
    return "".join(parts) + rng.choice(codas)


def coined(rng: Random) -> str:
    """A capitalised coinage: syllables, an English compound or CamelCase."""
    kind = rng.random()
    if kind < 0.55:
        return word(rng).capitalize()
    if kind < 0.9:
        return rng.choice(_HEADS) + rng.choice(_TAILS)
    return rng.choice(_HEADS) + rng.choice(_TAILS).capitalize()


def code(rng: Random) -> str:
    """A reference such as `KT-4821`, `B17` or `2209/4`."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    digits = str(rng.randrange(10 ** rng.randint(1, 4), 10**5))
    return rng.choice(
        (f"{letters}-{digits}", f"{letters}{digits}", f"{digits}/{rng.randint(1, 99)}", f"{letters} {digits}")
    )


def company(rng: Random) -> str:
    """A firm's name of one to four words, sometimes with a legal form."""
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
    """A full name; one part at least is usually invented."""
    first = rng.choice(_FIRST) if rng.random() < 0.6 else word(rng).capitalize()
    last = rng.choice(
        (coined(rng), coined(rng), f"{coined(rng)}-{coined(rng)}", f"O'{coined(rng)}", f"de {coined(rng)}")
    )
    return rng.choice((f"{first} {last}", f"{first} {last}", f"{first[0]}. {last}", f"Dr {first} {last}"))


def city(rng: Random) -> str:
    """A town: a real one two times in three, else invented."""
    return rng.choice(_CITIES) if rng.random() < 0.65 else coined(rng)


def country(rng: Random) -> str:
    return rng.choice(_COUNTRIES)


def number(rng: Random) -> str:
    """A count of one to five digits, small ones more often, sometimes with a comma."""
    value = rng.randrange(2, 10 ** rng.choice((1, 2, 2, 3, 3, 3, 4, 5)) + 3)
    return f"{value:,}" if rng.random() < 0.3 else str(value)


def year(rng: Random) -> str:
    """A year from 1850 to 2029."""
    return str(rng.choice((rng.randint(1850, 2029), rng.randint(1970, 2026))))


def date(rng: Random) -> str:
    """A date in one of several spellings, `3 May 2026` most often."""
    day, month, of = rng.randint(1, 28), rng.randrange(12), year(rng)
    name = _MONTHS[month]
    return rng.choice(
        (f"{day} {name} {of}",) * 4
        + (f"{name} {day}, {of}", f"{of}-{month + 1:02}-{day:02}", f"{name} {of}", f"{day} {name}")
    )


def clock(rng: Random) -> str:
    """A time of day such as `9:30` or `14:05`."""
    return f"{rng.randint(0, 23)}:{rng.choice((0, 5, 15, 30, 45)):02}"


def money(rng: Random) -> str:
    amount = rng.choice((number(rng), f"{rng.randint(1, 90)}.{rng.randint(1, 9)} million"))
    return f"{rng.choice(('EUR', 'USD', 'GBP', 'NOK', 'CHF', 'SEK'))} {amount}"


def domain(rng: Random, *, name: str) -> str:
    """A web domain made from a firm's name."""
    slug = "".join(
        c for c in name.lower().replace("&", "and").replace(" ", rng.choice(("", "-"))) if c.isalnum() or c == "-"
    )
    return f"{slug.strip('-')}.{rng.choice(('example', 'example', 'example', 'test', 'invalid'))}"
