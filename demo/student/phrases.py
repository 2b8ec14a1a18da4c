"""Makes the short phrases that stand as values in a fact sheet.

A phrase reads well inside a sentence (`opened a depot in Rotterdam`, `slow hand counts at night`), and its words
recombine freely, so that a model cannot learn one by heart.
"""

import re
from collections.abc import Callable
from random import Random
from typing import Final

from demo.student import names

Maker = Callable[[Random], str]

_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")


def _parts(separator: str, text: str) -> list[str]:
    return text.split(separator)


def expand(rng: Random, text: str) -> str:
    """Resolves `[one|other|]` alternations, innermost first."""
    while "[" in text:
        text, count = _CHOICE.subn(lambda match: rng.choice(match[1].split("|")), text)
        if not count:
            break
    return text


THINGS: Final = _parts(
    " ",
    "account aisle alarm appliance archive atlas auction audit balcony barge barn basket battery bearing bell "
    "bench bicycle blanket boat boiler book bottle bowl bridge brochure budget bus cabin cable calendar camera "
    "canal canteen car card cargo carpet cart cashier catalogue ceiling cellar chair chart claim classroom "
    "clinic clock coat collection complaint contract cooler copy corridor counter course courtyard crane crate "
    "crew cup curtain customer deadline delivery depot desk device diary dispatch display dock door drawer "
    "driver engine estimate exhibit factory fault fence ferry field file filter fleet floor flour folder "
    "forecast forklift form fountain frame freezer fridge furnace garage garden gate gauge glass glove grant "
    "greenhouse guest guide hall hangar harbour harvest heater helmet hinge invoice issue item jar journey key "
    "kitchen label ladder lamp laundry leaflet lecture ledger lens letter lift line loan locker log lorry "
    "machine manual map market mast material meal meeting member menu message meter mirror mistake mould motor "
    "nail napkin net nurse office order oven overtime package paint pallet panel paper parcel park part patient "
    "payment permit pipe plan plant plate platform pool portrait price printer process product project pump "
    "queue quote rack radio rail ramp receipt record refund region rental repair report request return roof room "
    "rope route sample saw scale scanner schedule school screen seal seat sensor service shelf shift shipment "
    "shop sign signal site sketch spare spreadsheet staff stage stair stall statement station stock stool store "
    "storm street supplier switch table tank tap target task team tender tent test ticket tile timetable tool "
    "tour tower track trailer train tray trip truck tunnel turbine tyre uniform unit valve van vendor vessel "
    "visit visitor wagon wall warehouse waste window wire worker workshop yard",
)
QUALITIES: Final = _parts(
    " ",
    "accurate ageing bare big blue brief bright broad broken busy calm careful central cheap clean clear cold "
    "common complete costly crowded daily damp dark deep dense digital dry dull dusty early easy empty even "
    "exact extra faded fair fast few fine first flat formal free fresh full gentle green grey hand-drawn "
    "handmade handwritten heavy hidden high hollow hot idle joint large last late lean light local long loose "
    "lost loud low main manual many missing mixed modern monthly narrow neat new nightly old open outdated "
    "painted paper-based patchy plain planned poor public quick quiet rare raw ready red regional regular "
    "reliable repeated rough round rural rushed safe scattered seasonal second separate shared sharp short "
    "simple single slow small smooth soft solid spare stable steady steep stiff strong sudden tall temporary "
    "thick thin third tidy tight uneven unpaid unplanned urban urgent useful warm weak weekly wet wide wooden "
    "wrong yearly",
)
_MASS: Final = _parts(
    " ",
    "accuracy admin attendance billing booking capacity catering cleaning compliance cooling data demand "
    "downtime energy equipment filing food freight fuel growth handover heating hiring information insurance "
    "inventory knowledge labour lighting luggage maintenance money noise ordering output packing paperwork "
    "parking payroll planning pricing production progress purchasing quality reporting rostering safety sales "
    "scheduling shipping sorting storage support teamwork timber time traceability traffic training transport "
    "visibility waste water work",
)
_PAST: Final = _parts(
    "|",
    "added|adopted|acquired|announced|began work on|bought|broke ground on|built|cleared|closed|combined|"
    "completed|doubled|expanded|extended|finished|hired for|installed|joined|launched|leased|licensed|merged|"
    "modernised|moved to|opened|ordered|outgrew|painted|planned|published|rebuilt|refitted|renamed|renewed|"
    "repaired|replaced|restored|sold|signed|split|started|took over|tested|upgraded|won",
)
_VERBS: Final = _parts(
    " ",
    "avoid balance bring build check choose clear close combine compare control cover cut deliver double end "
    "expand extend fill find finish fix grow halve hold improve keep know learn limit lower manage meet merge "
    "move open plan prepare protect raise reach reduce remove renew repair replace restore save share shorten "
    "simplify sort spend speed start stop store tidy track train trim understand use watch win",
)
_GERUNDS: Final = _parts(
    " ",
    "balancing booking building checking chasing cleaning closing comparing copying counting covering entering "
    "filling finding fixing guessing hiring keeping knowing losing making matching merging missing moving "
    "opening ordering packing paying planning preparing printing reading renting repairing replacing retyping "
    "scanning sending sharing sorting stacking storing swapping tracking training typing updating waiting "
    "washing writing",
)
FIELDS: Final = _parts(
    "|",
    "agriculture|air freight|aquaculture|architecture|banking|bicycle repair|biotech|bookselling|brewing|"
    "building materials|bus travel|car rental|catering|ceramics|charity retail|chemicals|cheese making|childcare|"
    "civil engineering|cold storage|construction|contract cleaning|cosmetics|crane hire|dairy|dental care|design|"
    "district heating|e-commerce|education|elder care|electronics|energy|event management|facility management|"
    "farming|fashion|film|fishing|fitness|food processing|forestry|freight|furniture|gardening|glass making|"
    "grain trade|haulage|health care|hospitality|hotels|housing|insurance|joinery|laboratory services|"
    "landscaping|laundry|legal services|leisure|lift maintenance|logistics|machine building|marine services|"
    "media|medical devices|metal work|mining|museums|music|nurseries|office supplies|optics|packaging|paper|"
    "parcel delivery|pet care|pharmacy|plastics|plumbing|printing|property management|public transport|"
    "publishing|rail|real estate|recruitment|recycling|renewable energy|research|restaurants|retail|robotics|"
    "roofing|security|seed trade|shipping|ski rental|software|solar power|sports|steel|storage|surveying|"
    "telecoms|textiles|theatre|timber|tourism|toys|translation|vehicle repair|veterinary care|warehousing|"
    "waste collection|water|wholesale|wind power|wine",
)
_RANKS: Final = _parts(
    "|",
    "Head of|Director of|Manager of|Lead for|VP of|Chief of|Coordinator of|Deputy Head of|Supervisor of|"
    "Adviser on|Clerk for",
)
_POSTS: Final = _parts(
    "|",
    "accountant|architect|baker|bookkeeper|buyer|captain|carpenter|cashier|caretaker|chemist|chief executive|"
    "chief financial officer|clerk|conductor|controller|cook|curator|depot manager|designer|dispatcher|driver|"
    "editor|electrician|engineer|estate agent|farm manager|fleet manager|foreman|gardener|general manager|guide|"
    "harbour master|headteacher|hotel manager|inspector|joiner|lawyer|librarian|machinist|managing director|"
    "mechanic|nurse|office manager|operations director|operations manager|painter|pharmacist|photographer|pilot|"
    "plant manager|plumber|porter|practice manager|printer|production planner|project manager|quality manager|"
    "registrar|reporter|sailor|secretary|site manager|store manager|surveyor|tailor|teacher|translator|treasurer|"
    "vet|warehouse manager|welder|works manager",
)
_TAILS: Final = _parts(
    ";",
    "across two [floors|sites|yards];after [dark|hours|lunch];at [night|the gate|month end|peak times|{city}];"
    "before [audits|noon|the season];between [depots|sites|shifts|teams];by [hand|phone|post|rail|{year}];"
    "during [peak season|harvest|winter];for {num} [people|customers|guests|days];from {city};"
    "in [spring|summer|autumn|winter];in {city};in {city};in {country};near {city};"
    "next to the [river|station|harbour];on [paper|site|time];outside {city};over {num} [orders|sites|weeks];"
    "per [week|shift|order];with [partners|suppliers|volunteers|{coined}];without [delay|overtime|paper];"
    "within {num} [days|months]",
)


_DETERMINERS: Final = ("a second", "a third", "a small", "the main", "a shared", "the old", "one more", "the")


def plural(noun: str) -> str:
    if noun.endswith(("s", "sh", "ch", "x")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return noun if noun == "staff" else f"{noun}s"


def things(rng: Random) -> str:
    """A noun phrase: `slow night counts`, `a broad quay`, `planning data`."""
    noun, quality = rng.choice(THINGS), rng.choice(QUALITIES)
    second = rng.choice(THINGS + list(_MASS))
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
    """A coinage or a trade, to qualify a noun."""
    return rng.choice((names.coined(rng), rng.choice(FIELDS)))


def _tail(rng: Random) -> str:
    return expand(rng, rng.choice(_TAILS)).format(
        city=names.city(rng),
        country=names.country(rng),
        num=names.number(rng),
        year=names.year(rng),
        coined=names.coined(rng),
    )


def _with_tail(rng: Random, text: str, *, chance: float) -> str:
    return f"{text} {_tail(rng)}" if rng.random() < chance else text


def happening(rng: Random) -> str:
    """Draw what someone did, past tense, no subject: `opened a depot in Rotterdam`."""
    return _with_tail(rng, f"{rng.choice(_PAST)} {things(rng)}", chance=0.7)


def trouble(rng: Random) -> str:
    """Draw what goes badly, a noun phrase or a gerund: `retyping orders at night`."""
    text = things(rng) if rng.random() < 0.4 else f"{rng.choice(_GERUNDS)} {things(rng)}"
    if rng.random() < 0.15:
        text = f"too {rng.choice(('many', 'much', 'little', 'few'))} {things(rng)}"
    return _with_tail(rng, text, chance=0.5)


def aim(rng: Random) -> str:
    """Draw what is wanted, a bare infinitive: `cut empty runs by winter`."""
    return _with_tail(rng, f"{rng.choice(_VERBS)} {things(rng)}", chance=0.5)


def remark(rng: Random) -> str:
    """A loose note of one or two clauses."""
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
    """A job title: `Head of cold storage`, `warehouse manager`."""
    if rng.random() < 0.5:
        return rng.choice(_POSTS) if rng.random() < 0.6 else rng.choice(_POSTS).title()
    area = rng.choice((rng.choice(FIELDS), rng.choice(_MASS)))
    return f"{rng.choice(_RANKS)} {area.title() if rng.random() < 0.7 else area}"


def trade(rng: Random) -> str:
    """A line of business, one or two words long, two trades at times."""
    field = rng.choice(FIELDS)
    return rng.choice((field, field, f"{field} and {rng.choice(FIELDS)}", f"{rng.choice(QUALITIES)} {field}"))


def ware(rng: Random) -> str:
    """Draw what a firm makes or sells."""
    return rng.choice(
        (
            things(rng),
            f"{rng.choice(QUALITIES)} {plural(rng.choice(THINGS))}",
            f"{rng.choice(FIELDS)} {rng.choice(_MASS)}",
        )
    )


def instrument(rng: Random) -> str:
    """Draw what work is done with: `a shared spreadsheet`, `Kovik 3`, `paper rosters`."""
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
