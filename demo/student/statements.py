"""Sentences that state facts of a sheet, as patterns to be filled.

In a pattern `{key}` is copied from the sheet; `{S}`/`{s}` is the subject, `{P}`/`{p}` its possessive, at the start
of a sentence and inside one; `(has~have)` takes the first form for a third person and the second for *you* and *we*;
`[a|b|]` is a free choice.
"""

from typing import Final

COMPANY: Final = """
{S} (works~work) in {sector}
{S} (is~are) [active|at home|well known|busy|one of many] in {sector}
{P} [trade|field|line of work] is {sector}
In {sector}, {s} (has~have) [a long record|few rivals|many customers|found a place]
[Seen from|For a house in|In the world of] {sector}, {s} (does~do) [well|things in a simple way|a good deal]
{S} (makes~make) {product}
{P} main [product|line|article|business] is {product}
{S} (sells~sell) {product} [to schools|to shops|all year|in small lots|]
[Most people|Customers|Neighbours] know {s} for {product}
{product} [is what {s} (does~do) best|(comes~come) first in {p} catalogue|(brings~bring) in most of the income]
{S} (employs~employ) {size} people
{size} people [work there|keep the place going|are on the payroll|share the work]
With {size} [staff|people|employees|colleagues], {s} (is~are) \
[neither large nor small|able to keep pace|a fair size for {sector}]
{P} [staff|team|crew] [counts|numbers] {size}
[For|In] a team of {size}, [every hour counts|that is a lot|there is plenty to do|small things add up]
{S} (is~are) based in {city}
{S} (has~have) {p} [home|seat|office|desk] in {city}, {country}
[From|Out of] {city}, {s} (serves~serve) [all of {country}|customers far away|the region]
In {city}, {s} (is~are) [a familiar name|easy to find|close to the station]
{S} (belongs~belong) to the [firms|businesses|houses] of {country}
[All|Most] of the work is done in {country}
{S} (was~were) founded in {founded}
{P} [story|history|first year] [begins|began] in {founded}
Since {founded}, {s} (has~have) [grown slowly|kept to {sector}|stayed in {city}|changed a good deal]
{founded} was the year in which {s} (was~were) set up
The {role} [signed the form|keeps the files|answered the questions|knows the details|is the person to ask]
[Questions go|The file goes|Post goes] to the {role}
As {role}, [one sees all of this first|a reader will know the details|you see how the days go]
{S} {trigger}
On {trigger_date}, {s} {trigger}
{S} {trigger} on {trigger_date}
[It was in the news|The notice says|We read|It is on record] that {s} {trigger}
[Not long ago|This season|In the same year|After some delay|Since then], {s} {trigger}
The [day|date] to remember is {trigger_date}, when {s} {trigger}
Since {s} {trigger}, [there is more to do|the days are fuller|much has changed|people have asked about {pain}]
{S} {trigger}, and [that was good news|it took some time|{city} took note|that changed the work in {sector}]
{trigger_date} is [the date on the file|the day it happened|noted in the margin]
{S} (runs~run) {p} [work|plans|days|records] with {tool}
{S} (uses~use) {tool} [for most things|every day|to plan the week|]
[For now|Today|So far], {p} plans [live|are kept|sit] in {tool}
{tool} [still carries|carries|holds] most of {p} work
[Working|Planning] with {tool} [has its limits|is what people know|takes patience|was a choice made in {founded}]
{S} (struggles~struggle) with {pain}
[The weak spot|What costs most time|The main trouble|One worry|The hard part] is {pain}
{pain} [slows the work|costs hours each week|is a burden|keeps the {role} busy|takes the time of {size} people]
[People|Staff|Visitors|Teams in {sector}] often [speak of|mention|complain about] {pain}
[As long as|While] {tool} is in use, {pain} [will not go away|stays a worry]
{S} (wants~want) to {goal}
The [aim|plan|hope|next step] is to {goal}
[This year|Soon|Before long|In {city}], {s} (hopes~hope) to {goal}
To {goal} is [what counts now|the task of the {role}|no small thing|worth the effort]
{S} (wants~want) to {goal}, but {pain} [is in the way|makes it hard|comes first]
If {s} (manages~manage) to {goal}, [all will gain|{pain} may end|the {role} will be glad]
[A note says|One more remark|On the margin stands|The file adds]: {notes}
{P} [address on the web|site|web page] is {domain}
[More|The rest|A longer text] [stands|can be read] at {domain}
{S} (is~are) owned by {owner}
{owner} [owns the firm|holds most of the shares|took over from a cousin]
{P} turnover [was|reached|came to] {turnover}
{S} (has~have) {sites} sites
{P} goods carry the brand {brand}
{S} (works~work) closely with {partner}
{partner} [is a partner|helps with {pain}|supplies the parts]
{S} won the {award}
{P} entry in the register is {register}
{company} and {city} [belong together|go well together]
The name {company} [is known in {country}|stands over the door|goes back to {founded}]
{company}, [the|a name in] {sector} [house|firm] [in|from] {city}, {trigger}
{company} (has~has) {size} people in {city} and [makes|sells|lives from] {product}
[Few|Many] in {country} know {company}
At {company}, [the {role} looks after {tool}|{pain} is an old story|things move quickly|people like to {goal}]
For {company}, [{pain} was the reason to act|{trigger_date} was a big day|the year was full]
"""
PERSON: Final = """
{S} (is~are) {post} at {employer}
{S} (works~work) for {employer} [as {post}|]
{S} joined [the house|us|{employer}] on {joined}
[Born in|The year of birth is] {born}[, {s} grew up in {home}|]
{S} (lives~live) in {home}
{P} field is {field}
{S} (sits~sit) at desk {desk}
[When {s} (is~are) away|In {p} absence], {deputy} [takes over|answers]
{deputy} is {p} deputy
{S} (leads~lead) the {project}
The {project} [takes most of {p} time|is {p} main work]
{P} task is to {task}
{S} (has~have) been asked to {task}
{S} {did}
Last year, {s} {did}
[Anyone|Those] with questions on {field} [may ask|should find|can write to] {name}
{name} [is known for {field}|came from {home}|(likes~likes) the work at {employer}]
"""
EVENT: Final = """
The {event} [takes place|is held|will be held] on {date}
The {event} [takes place|is held] at {venue} in {city}
{venue} [is|lies] in {city}
Doors open at {time}
It starts at {time} [in room {room}|on {date}|]
{host} [is the host|invites its guests|opens the house]
{speaker} [speaks on|will talk about|tells us about] {topic}
The talk by {speaker} [is about|turns to] {topic}
The topic is {topic}
There are {seats} seats
[Only|About] {seats} [guests|people] can [come|be seated]
The fee is {fee}
[Guests|Visitors|You] should bring {bring}
Please bring {bring}
The room is {room}
[Come to|Find] {venue}[, room {room}|] at {time}
{event} [was first held years ago|is open to all|has its home in {city}]
"""
PIECE: Final = """
{maker} made this [piece|work] in {year}
The {noun} was made in {made_in} by {maker}
It is made of {material}
{material} was [common|rare|dear] in {made_in} at the time
It stands {height_cm} cm high
The height is {height_cm} cm
It shows {shows}
One sees {shows}[, as in other works of {maker}|]
It was found {found}
[For years|For a long time] it lay {found}
{given_by} gave it to the house
A gift of {given_by}
It hangs in room {room}
See room {room}
The inventory number is {inventory}
Its condition is {condition}
{title} [is its name|was long unknown|is dated {year}]
{title} was given by {given_by}
"""
ORDER: Final = """
{P} order {order} [has left|left] [{from}|the house]
Order {order} [is on its way|has been packed|was checked]
The {noun} [holds|contains] {item}
{quantity} [pieces|units] of {item} are [in the box|on the list]
The quantity is {quantity}
{carrier} [carries it|brings it|takes it] [from {from} to {to}|to {to}|]
It was sent on {sent}
It [goes|travels] from {from} to {to}
The price is {price}
{price} has been [booked|paid]
A [fault|problem] was noted: {fault}
We are sorry for {fault}
{desk} [at our desk will help|looks after it|signed the slip]
The slot is {slot}
Expect it at {slot}
It waits at the {depot}
"""
SESSION: Final = """
{chair} [was in the chair|opened the {noun}|led the talks]
The {board} met on {date} [in {place}|]
Present were {present}
[Those present were|The list names] {present}
It was decided to {decided}
The {board} [decided|agreed|voted] to {decided}
It was reported that the house {reported}
{chair} said that the [team|house|board] {reported}
The budget is {budget}
{budget} [was set aside|is left]
There were {votes} votes in favour
{votes} voted for it
The next {noun} is on {next}
The members meet again on {next}
There was talk of {problem}
{problem} [was discussed|took an hour|was left open]
{place} was the place of the {noun}
"""
PLACE: Final = """
{place} lies in {region}, {country}
{place} is a town in {country}
It has {people} inhabitants
{people} people live in {place}
The river {river} [runs through it|is near]
{place} stands on the {river}
It was first named in {first_named}
[Records|Maps] of {first_named} [name|show] {place}
{place} is known for {known_for}
[Visitors|Guests] come for {known_for}
{mayor} is the mayor
The mayor, {mayor}, spoke of {worry}
The fair is on {fair}
[Every year|Each time] the fair [falls|opens] on {fair}
The town {event}
Some years ago, {place} {event}
People [worry about|speak of] {worry}
"""


def _lines(block: str) -> tuple[str, ...]:
    return tuple(line for line in block.splitlines() if line)


BY_KIND: Final[dict[str, tuple[str, ...]]] = {
    "company": _lines(COMPANY),
    "person": _lines(PERSON),
    "event": _lines(EVENT),
    "piece": _lines(PIECE),
    "order": _lines(ORDER),
    "session": _lines(SESSION),
    "place": _lines(PLACE),
}
