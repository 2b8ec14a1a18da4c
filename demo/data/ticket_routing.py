"""The demo's task *Ticket routing*: the queue, of seven, of a fictional support ticket.

Tickets are drawn from `phrases/ticket_routing/`: a file for each queue, and one of words and frames for all. Around the
request come greetings, small talk, and sentences of another queue, so that no single word decides. `letters/` holds
whole tickets, one a line with subject and body, in the styles of many customers. They are drawn last, so that the
others stay the same.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from demo import phrase_files
from demo.data.demo_task import AnsweredRecord, DemoTask, side_of
from demo.encoder.messages import hasty
from demo.student import names
from review.spec.schema import InputField, Label, OutputField
from review.spec.starters.parts import reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

SLUG = "ticket-routing"
TRAIN_FRACTION = 0.92
SEED, EACH = 2027, 600
# Tickets from `letters/` for each queue, and their first number, after the held-out ones.
LETTERS_EACH, LETTERS_FROM = 390, 10_000
# Tickets that wait on the desk for each queue, and their first number.
NEWER_EACH, NEWER_FROM = 8, 20_000
CUSTOMERS = 900
CHOICES = 12
NO_SUBJECT = 0.03
PLANS = ("Free", "Team", "Works", "Business")
CHANNELS = ("mail", "web form", "chat")
_FOLDER = Path(__file__).with_name("phrases") / "ticket_routing"
_SLOT = re.compile(r"\{(\w+)\}")
_FRAMES = phrase_files.lines(_FOLDER / "frames.txt")
_WORDS = phrase_files.lists(_FOLDER / "frames.txt")
QUEUES = {
    "billing": "Invoices, charges, refunds, prices of plans, payment methods.",
    "sign_in": "Passwords, lock-outs, two-factor, single sign-on, invitations that do not let somebody in.",
    "fault": "Something that should work is broken: errors, crashes, lost data, slow pages.",
    "how_to": "How do I, where is, can it do: there is no fault.",
    "integration": "API, webhooks, import from or sync with other programs.",
    "feature_request": "Something that Trellis cannot do and should.",
    "cancellation": "End, downgrade or close the account; delete data when leaving.",
}

SPEC = TaskSpec(
    instruction="Choose the queue for a support ticket about Trellis, a program for teams with boards, files and chat.",
    input_schema=(
        InputField(name="id", description="Number of the ticket."),
        InputField(name="customer", role="group", required=True, description="The company that writes."),
        InputField(name="subject", role="title", description="Subject of the ticket; some have none."),
        InputField(name="body", required=True, description="The ticket as it came."),
        InputField(name="plan", description="What the customer pays for."),
        InputField(name="channel", description="Where the ticket came in."),
    ),
    output_schema=(
        OutputField(
            name="queue",
            type="choice",
            labels=tuple(Label(name=name, description=description) for name, description in QUEUES.items()),
        ),
    ),
    record_noun="ticket",
    rubric=(
        Requirement(name="what they want", description="The queue is that of what the writer wants done."),
        Requirement(name="one queue", description="The rule of precedence decides between two."),
    ),
    reasons=reasons(unclear="Ticket is unclear", several="Several wishes in one"),
    guideline=(
        "What the writer wants done decides, not what the ticket mentions. Leaving beats billing. A broken "
        "integration is integration; a broken sign-in is sign_in."
    ),
    teacher_template=teacher_template("label"),
    student_template="{{fact.subject}}\n{{fact.body}}",
)


@cache
def records(seed: int = SEED) -> tuple[AnsweredRecord, ...]:
    """Draw the tickets: each queue equally often, no two with the same words, shuffled; the same everywhere by seed."""
    rng = random.Random(seed)
    firms = [names.company(rng) for _ in range(CUSTOMERS)]
    bodies: set[str] = set()
    drawn: list[tuple[str, str, str]] = []
    for queue in QUEUES:
        wants = _in_turn(rng, phrases(queue)["wants"], EACH)
        while len(drawn) % EACH or not drawn or drawn[-1][0] != queue:
            subject, body = _ticket(rng, queue, wants[len(drawn) % EACH])
            if body not in bodies:
                bodies.add(body)
                drawn.append((queue, subject, body))
    rng.shuffle(drawn)
    made = [_record(rng, number, rng.choice(firms), *each) for number, each in enumerate(drawn)]
    return (*made, *_from_letters(rng, LETTERS_EACH, firms, bodies, number=LETTERS_FROM))


@cache
def newer() -> tuple[AnsweredRecord, ...]:
    """Draw further tickets from `letters/`, each by a customer of the training split."""
    firms = sorted(name for name in customers() if _side(name) == "train")
    bodies = {record.facts["body"] for record in records()}
    return tuple(_from_letters(random.Random(SEED + 2), NEWER_EACH, firms, bodies, number=NEWER_FROM))


@cache
def held_out() -> tuple[AnsweredRecord, ...]:
    """Read the tickets that another author wrote by the guideline alone, each with a customer of its own."""
    rng, theirs = random.Random(SEED + 1), customers()
    written = [json.loads(line) for line in (_FOLDER / "by_hand.jsonl").read_text("utf-8").splitlines()]
    apart = iter(name for name in iter(partial(names.company, rng), "") if name not in theirs)
    return tuple(
        _record(
            rng, EACH * len(QUEUES) + number, next(apart), each["queue"], each["subject"], _as_imported(each["body"])
        )
        for number, each in enumerate(written)
    )


@cache
def customers() -> frozenset[str]:
    """Return the customers of the generated tickets."""
    return frozenset(record.facts["customer"] for record in records())


def _ticket(rng: random.Random, queue: str, want: str) -> tuple[str, str]:
    """Draw subject and body of a ticket with one request."""
    own = phrases(queue)
    body = [_filled(rng, want)]
    if rng.random() < 0.4:
        body.append(_filled(rng, rng.choice(own["adds"])))
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 2, 3))):
        aside = rng.choice(_FRAMES["about" if rng.random() < 0.5 else "story"])
        body.insert(rng.choice((0, 0, len(body))), _filled(rng, aside))
    if rng.random() < 0.25:
        body.insert(0, _filled(rng, rng.choice(_FRAMES["open"])))
    text = _framed(rng, " ".join(body))
    if rng.random() < NO_SUBJECT:
        return "", hasty(rng, text)
    subjects = own["subjects"] if rng.random() < 0.6 else _FRAMES["subjects"]
    return hasty(rng, _filled(rng, rng.choice(subjects))), hasty(rng, text)


def _from_letters(
    rng: random.Random, each_queue: int, firms: Sequence[str], bodies: set[str], *, number: int
) -> Iterator[AnsweredRecord]:
    """Draw tickets from `letters/`, each queue equally often, with new bodies; `number` is the first ticket's."""
    drawn: list[tuple[str, str, str]] = []
    for queue in QUEUES:
        for line in _in_turn(rng, _letters(queue), each_queue):
            subject, body = next(
                each for each in iter(partial(_letter, rng, queue, line), None) if each[1] not in bodies
            )
            bodies.add(body)
            drawn.append((queue, subject, body))
    rng.shuffle(drawn)
    for at, ticket in enumerate(drawn, start=number):
        yield _record(rng, at, rng.choice(firms), *ticket)


def _letter(rng: random.Random, queue: str, line: str) -> tuple[str, str]:
    """Draw subject and body of a whole ticket; three in ten have an aside."""
    subject, _, body = line.partition(" :: ")
    text = _filled(rng, body)
    if rng.random() < 0.3:
        aside = _filled(rng, rng.choice(_FRAMES["about" if rng.random() < 0.5 else "story"]))
        text = rng.choice((f"{aside} {text}", f"{text} {aside}"))
    if rng.random() < 0.4:
        subject = rng.choice((*_FRAMES["subjects"], *phrases(queue)["subjects"]))
    return hasty(rng, _filled(rng, subject)), hasty(rng, _framed(rng, text))


def phrases(queue: str) -> dict[str, list[str]]:
    """Read the lines of a queue by purpose."""
    return phrase_files.lines(_FOLDER / f"{queue}.txt")


def _letters(queue: str) -> list[str]:
    return phrase_files.lines(_FOLDER / "letters" / f"{queue}.txt")[""]


def repeated(lines: list[str]) -> list[str]:
    """Return the lines of one round: each once, and once more for every dozen of its choices."""
    return [line for line in lines for _ in range(1 + line.count("|") // CHOICES)]


def _as_imported(text: str) -> str:
    """Drop blanks at the ends of lines as an import does: the teacher finds a record by its facts."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def _framed(rng: random.Random, text: str) -> str:
    """Add a greeting and an ending, each in half of the cases."""
    if rng.random() < 0.5:
        text = f"{rng.choice(_FRAMES['hello'])}{rng.choice((' ', chr(10), chr(10) * 2))}{text}"
    if rng.random() < 0.5:
        text = f"{text}{rng.choice((' ', chr(10)))}{_filled(rng, rng.choice(_FRAMES['close']))}"
        if rng.random() < 0.6:
            text = f"{text}\n{_filled(rng, rng.choice(('{first}', '{first} {last}', '{first} {last}, {company}')))}"
    return text


def _in_turn(rng: random.Random, lines: list[str], count: int) -> list[str]:
    """Draw lines in rounds of `repeated`, each round in its own order."""
    turns: list[str] = []
    rounds = repeated(lines)
    while len(turns) < count:
        turns += rng.sample(rounds, k=len(rounds))
    return turns[:count]


def _filled(rng: random.Random, line: str) -> str:
    text = _SLOT.sub(lambda match: _word(rng, match[1]), phrase_files.choose(rng, line))
    text = " ".join(text.split(" ")).replace("  ", " ").strip()
    return text[:1].upper() + text[1:]


def _word(rng: random.Random, slot: str) -> str:
    if options := _WORDS.get(slot.lower()):
        word = rng.choice(options)
        return word if slot.islower() else word[:1].upper() + word[1:]
    first = rng.choice(_WORDS["first"])
    made = {
        "n": lambda: str(rng.randrange(5, 90)),
        "m": lambda: str(rng.randrange(2, 12)),
        "number": lambda: f"{rng.choice('ACFT')}-{rng.randrange(10_000, 99_999)}",
        "digits": lambda: str(rng.randrange(1000, 9999)),
        "company": lambda: names.company(rng),
        "city": lambda: names.city(rng),
        "domain": lambda: names.domain(rng, name=names.company(rng)).lower(),
        "mail": lambda: f"{first}@{names.domain(rng, name=names.company(rng))}".lower(),
    }
    return made[slot]()


def _record(rng: random.Random, number: int, customer: str, queue: str, subject: str, body: str) -> AnsweredRecord:
    facts = {
        "id": f"T-{10_000 + number}",
        "customer": customer,
        "subject": subject,
        "body": body,
        "plan": rng.choice(PLANS),
        "channel": rng.choice(CHANNELS),
    }
    return AnsweredRecord(facts, {"queue": queue})


def _side(customer: str) -> str:
    """Split generated tickets by customer into training and validation; hold out those written by hand."""
    if customer not in customers():
        return "test"
    return side_of(customer, SLUG, TRAIN_FRACTION, 1 - TRAIN_FRACTION)


TICKET_ROUTING = DemoTask(
    slug=SLUG,
    name="Ticket routing",
    summary="Which of seven queues a support ticket belongs to.",
    spec=SPEC,
    records=lambda: (*records(), *held_out()),
    teacher_defects=0.05,
    judged_share=1.0,
    side=_side,
    in_bulk=True,
    newer=newer,
)
