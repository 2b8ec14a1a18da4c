"""Words that fill the topics of a page, and sentences that tell nothing. Tables only."""


def as_words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FILLERS = (
    "This page is kept by the office in {city}.",
    "{company} is a firm of the trade called {sector}.",
    "Those who wish to know more may write to the office.",
    "The firm is known for {product}.",
    "Much of the work is still planned with {tool}.",
    "Visitors are welcome by appointment.",
    "More will be told at the spring fair.",
    "The pictures were taken by people who work here.",
)
THINGS = (
    "a new paint line",
    "solar panels on the roof",
    "a cold store",
    "a training workshop",
    "two heat pumps",
    "a test bench",
    "a larger canteen",
    "a quieter ventilation plant",
    "a rail siding",
    "a water tank",
)
GOODS = ("pallets", "gaskets", "sensors", "labels", "cartons", "filters", "valves", "seals", "castors", "brackets")
PEOPLE = (
    as_words("Agnes Bo Clara Derek Edda Fabio Greta Hugo Ines Jonas Kaja Leon Mira Nils Olga Pavel Rita Sven Tess Uwe"),
    as_words("Alder Brook Castell Dorn Ekwall Ferro Glass Hollis Imhof Jarvi Krane Lindt Moor Norell Ostby Pryce Rook"),
)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
