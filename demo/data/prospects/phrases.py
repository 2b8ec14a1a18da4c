"""Phrases for a prospect's facts that fit every sector.

Tables only. `prospects` fills `{place}` and the numbers named in `NUMBERS`; triggers are past-tense verbs, pains noun
phrases, goals bare infinitives, so that each reads well inside a sentence.
"""

NUMBERS = {
    "few": (2, 6),
    "n": (7, 60),
    "many": (110, 900),
    "percent": (5, 30),
    "high": (93, 99),
    "hours": (4, 24),
    "days": (3, 15),
    "minutes": (10, 40),
    "clock": (6, 9),
}

PLACES = {
    "Norway": ("Bergen", "Drammen", "Tromso"),
    "Sweden": ("Lund", "Umea", "Gothenburg"),
    "Denmark": ("Aarhus", "Odense", "Esbjerg"),
    "Finland": ("Turku", "Oulu", "Tampere"),
    "Germany": ("Kassel", "Bremen", "Leipzig"),
    "Austria": ("Graz", "Linz", "Salzburg"),
    "Poland": ("Gdansk", "Lublin", "Poznan"),
    "Spain": ("Bilbao", "Murcia", "Girona"),
    "Portugal": ("Braga", "Porto", "Faro"),
    "Italy": ("Parma", "Verona", "Trieste"),
    "France": ("Nantes", "Dijon", "Rouen"),
    "Belgium": ("Ghent", "Namur", "Mechelen"),
    "Ireland": ("Cork", "Galway", "Sligo"),
    "Canada": ("Halifax", "Regina", "Kingston"),
    "Estonia": ("Tartu", "Narva", "Parnu"),
    "Latvia": ("Riga", "Liepaja", "Jelgava"),
}

ROLES = (
    "Head of Operations",
    "Operations Manager",
    "Chief Operating Officer",
    "Planning Manager",
    "Managing Director",
    "Site Manager",
    "Head of Planning",
    "Head of Scheduling",
    "General Manager",
    "Director of Operations",
    "Head of Service Delivery",
    "Operations Director",
)

TRIGGERS = (
    "opened a second site in {place}",
    "opened a branch in {place}",
    "hired {n} people in {place}",
    "hired {n} seasonal workers",
    "signed a {few}-year contract with a customer in {place}",
    "merged with a partner from {place}",
    "bought a competitor in {place}",
    "moved head office to {place}",
    "closed the old site in {place}",
    "won {n} new customers in {place}",
    "announced {n} new jobs in {place}",
    "invested {few} million euros in {place}",
    "began weekend shifts in {place}",
    "added a third shift with {n} people",
    "named a new operations lead in {place}",
    "passed a quality audit in {place}",
    "won a first customer in {place}",
    "lost a large customer in {place}",
    "started a training centre in {place}",
    "took over {n} staff from a partner in {place}",
    "posted {few} planning jobs",
    "doubled the floor space in {place}",
    "rented {many} square metres in {place}",
    "set up a joint team with a firm in {place}",
    "won a prize for young firms in {place}",
    "reported {percent} percent more orders than last year",
)

PAINS = (
    "plans that are out of date by noon",
    "reports that arrive two days late",
    "the same numbers typed in twice",
    "overtime that nobody saw coming",
    "shift changes sent by text message",
    "long planning meetings",
    "orders that fall between two teams",
    "sites that plan in different ways",
    "a plan that only one person understands",
    "late answers to simple customer questions",
    "stock that is never where the list says",
    "handovers that lose half the story",
)

TOOLS = (
    "shared spreadsheets",
    "a large spreadsheet",
    "an old desktop database",
    "a whiteboard",
    "e-mail and phone calls",
    "paper lists",
    "a home-made planning sheet",
    "a wall calendar",
    "three separate spreadsheets",
    "a planning module that few people open",
)

GOALS = (
    "cut overtime by {percent} percent",
    "save {hours} hours of planning a week",
    "finish {high} percent of the work on time",
    "bring new planners up to speed in {days} days",
    "plan {few} sites from one place",
    "close the weekly report in {minutes} minutes",
    "reduce idle hours by {percent} percent",
    "grow by {percent} percent without more office staff",
    "halve the time spent on planning",
    "give every team the same plan",
    "see delays a day earlier",
    "answer customers within {hours} hours",
    "stop planning on paper",
    "share staff between sites",
    "keep all sites on one plan",
    "take {n} more orders a week",
    "lower waste by {percent} percent",
    "send the day plan before {clock} each morning",
)

NOTES = (
    "the planning team meets early each morning",
    "family owned",
    "part of a larger group",
    "two planners share the work",
    "prefers short mails",
    "the website was renewed this year",
    "works with temporary staff in summer",
    "looks for a second planner",
    "busy season starts in autumn",
    "the last planning project was stopped",
    "publishes a yearly report",
    "met at a trade fair",
    "the owner still signs off each plan",
    "an apprentice looks after the lists",
)
