"""The demo's task *Reply sorting*: the meaning of a prospect's answer to a mail, and its language.

Replies are drawn from `phrases/reply_sorting/`: one file for each language, constructions under their label. Around a
construction come thanks before a no, signatures, typos, and our own English mail quoted below, with words of other
labels.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from demo import phrase_files
from demo.data.demo_task import AnsweredRecord, DemoTask
from demo.data.prospects.generate import prospects
from review.spec.schema import InputField, Label, OutputField
from review.spec.starters.parts import reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

SEED = 2026
# Replies of each meaning, by language.
EACH = {"en": 17, "de": 8, "fr": 7, "it": 4, "nl": 4, "es": 4}
BY_MACHINE = frozenset({"machine", "out_of_office"})
_FOLDER = Path(__file__).with_name("phrases") / "reply_sorting"
PEOPLE, _SUBJECTS, _OURS, (_SIGNATURE,) = phrase_files.lists(_FOLDER / "frames.txt").values()
MEANINGS = {
    "interested": "Wants a call, a demonstration or a trial.",
    "question": "Asks for something that has to be answered first: a price, a fact, a reference.",
    "referral": "Names another person or office as the one to write to.",
    "not_now": "Would look at it later, at a named time or once something has happened.",
    "not_interested": "Says no, however kindly, and names no later time.",
    "unsubscribe": "Wants no more mails, or the address deleted; an objection to advertising.",
    "out_of_office": "Tells of an absence, written by a person or sent by itself.",
    "machine": "Sent by a program: a receipt, a ticket, a full or closed mailbox.",
    "other": "None of these: thanks alone, a mix-up, an offer of theirs, an unpaid bill.",
}
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "it": "Italian", "nl": "Dutch", "es": "Spanish"}

SPEC = TaskSpec(
    instruction=(
        "Sort a prospect's answer to our mail by what it means, and say which language it is written in. Read only "
        "what the prospect wrote: our own mail is often quoted below."
    ),
    input_schema=(
        InputField(name="subject", role="title", required=True, description="The subject of the answer."),
        InputField(name="company", role="group", required=True, description="Who answered."),
        InputField(name="reply", required=True, description="The answer as it came, with what it quotes."),
    ),
    output_schema=(
        OutputField(
            name="meaning",
            type="choice",
            labels=tuple(Label(name=name, description=description) for name, description in MEANINGS.items()),
        ),
        OutputField(
            name="language",
            type="choice",
            description="Of the prospect's own words.",
            labels=tuple(Label(name=name) for name in LANGUAGES.values()),
        ),
    ),
    record_noun="reply",
    rubric=(
        Requirement(name="what they want", description="The label is what the writer wants to happen next."),
        Requirement(name="own words only", description="Neither a quoted mail nor a signature decides."),
    ),
    reasons=reasons(unclear="Reply is unclear", several="Several answers in one"),
    guideline=(
        "A wish to hear no more wins over everything else. Who names another person to write to is a referral, unless "
        "the mail was sent by a program: a notice that somebody has left the company is a machine's. Praise "
        "before a no is still a no. No time for it now, with a time named, is not_now."
    ),
    teacher_template=teacher_template("label"),
    student_template="Sort the reply.\n{{facts}}",
)


class DrawnReply(NamedTuple):
    """Reply with the names of its writer, so that they can be replaced.

    Attributes:
        signer: Name in the signature, if any, and in the greeting of the quoted mail.
        named: Name by which its words call their own writer, such as *It is me, Ruth*; may be empty.
    """

    record: AnsweredRecord
    signer: str
    named: str
    company: str


@cache
def records(seed: int = SEED) -> tuple[AnsweredRecord, ...]:
    """Return the replies as records of the task."""
    return tuple(each.record for each in replies(seed))


@cache
def replies(seed: int = SEED) -> tuple[DrawnReply, ...]:
    """Draw the replies: each label equally often, no two with the same words, shuffled; the same everywhere by seed."""
    rng = random.Random(seed)
    companies = prospects(300)
    taken: set[str] = set()
    drawn = [
        _reply(rng, language, meaning, own, companies)
        for language, count in EACH.items()
        for meaning in MEANINGS
        for own in _own_texts(rng, language, meaning, count, taken)
    ]
    rng.shuffle(drawn)
    return tuple(drawn)


def _phrases(language: str) -> dict[str, phrase_files.Section]:
    return phrase_files.read(_FOLDER / f"{language}.txt")


def _words(language: str) -> dict[str, list[str]]:
    return _phrases(language)[""].lists


def _own_texts(
    rng: random.Random, language: str, meaning: str, count: int, taken: set[str]
) -> Iterator[tuple[str, str]]:
    """Draw texts of one label and their writers' names; each construction comes once before any repeats."""
    given: list[tuple[str, str]] = []
    while len(given) < count:
        constructions = _phrases(language)[meaning].lines
        for construction in rng.sample(constructions, k=len(constructions)):
            text, named = _filled(rng, language, construction)
            if len(given) < count and text not in taken:
                taken.add(text)
                given.append((text, named))
    yield from given


def _filled(rng: random.Random, language: str, construction: str) -> tuple[str, str]:
    """Fill a construction; return it with its writer's name, which may be empty."""
    chosen = phrase_files.choose(rng, construction)
    who = rng.choice(PEOPLE)
    first = who.split()[0]
    place = rng.choice(("Harrow", "Lindau", "Arles", "Bergamo", "Deventer", "Vigo"))
    words = {name: rng.choice(options) for name, options in _words(language).items()}
    mail = address_of(who)
    own = {"who": who, "first": first, "mail": mail, "my_name": who, "my_first": first, "my_mail": mail, "city": place}
    numbers = {
        "n": rng.choice((15, 20, 30, 40, 45)),
        "ticket": f"{rng.choice('ACQTX')}-{rng.randrange(10_000, 99_999)}",
    }
    text = chosen.format(**{**words, **own, **numbers, "date": words["date"]})
    return text[:1].upper() + text[1:] if text[-1:] in ".?!" else text, who if "{my_" in chosen else ""


def address_of(person: str) -> str:
    """Return the address of one of `PEOPLE`."""
    return f"{person.replace(' ', '.')}@office.example".lower()


def _reply(
    rng: random.Random, language: str, meaning: str, own: tuple[str, str], companies: Sequence[dict[str, str]]
) -> DrawnReply:
    at_home = [
        each["company"] for each in companies if each.get("country") in _phrases(language)["frame"].lists["countries"]
    ]
    company = rng.choice(at_home)
    subject = rng.choice(_SUBJECTS).format(company=company)
    heading = _subject(rng, language, meaning, subject)
    signer = rng.choice([name for name in PEOPLE if name.split()[0] not in own[0]])
    facts = {"subject": heading, "company": company, "reply": _mail(rng, language, meaning, own[0], signer, company)}
    record = AnsweredRecord(facts, {"meaning": meaning, "language": LANGUAGES[language]})
    return DrawnReply(record, signer, own[1], company)


def _subject(rng: random.Random, language: str, meaning: str, subject: str) -> str:
    """Name the program in the subject of half of the mails that programs send."""
    frame = _phrases(language)["frame"].lists
    if meaning in BY_MACHINE and rng.random() < 0.5:
        return rng.choice(frame["notices"]).format(subject=subject, ticket=f"#{rng.randrange(1_000, 9_999)}")
    return f"{frame['mark'][0]}: {subject}"


def _mail(rng: random.Random, language: str, meaning: str, own: str, writer: str, company: str) -> str:
    words = _words(language)
    body = own
    if meaning not in BY_MACHINE or rng.random() < 0.2:
        opening = f"{rng.choice(words['soft'])} {own}".strip() if len(own.split()) > 2 else own
        parts = [rng.choice(words["hello"]), opening]
        if rng.random() < 0.7:
            parts.append(f"{rng.choice(words['bye'])}\n{_signature(rng, language, writer, company)}".strip())
        body = "\n\n".join(part for part in parts if part)
        body = _hasty(rng, body) if rng.random() < 0.3 else body
        if (device := rng.choice(words["device"])) and rng.random() < 0.3:
            body = f"{body}\n\n{device}"
    return f"{body}\n\n{_quoted(rng, language, writer, company)}" if rng.random() < 0.5 else body


def _signature(rng: random.Random, language: str, writer: str, company: str) -> str:
    role = rng.choice(_words(language)["role"])
    forms = (writer, writer.split()[0], f"{writer}\n{company}", f"{writer}\n{role[:1].upper()}{role[1:]}, {company}")
    return rng.choice(forms)


def _hasty(rng: random.Random, text: str) -> str:
    """Roughen a text as if typed in haste: all lower case, or a few words with letters swapped or lost."""
    if rng.random() < 0.35:
        return text.lower()
    places = [match.span() for match in re.finditer(r"(?<![\w.@-])[^\W\d_]{5,}(?![\w@-])", text)]
    for start, end in sorted(rng.sample(places, k=min(len(places), rng.randint(1, 3))), reverse=True):
        at = rng.randrange(start + 1, end - 1)
        swapped = text[at + 1] + text[at] if rng.random() < 0.5 else text[at]
        text = text[:at] + swapped + text[at + 2 :]
    return text


def _quoted(rng: random.Random, language: str, writer: str, company: str) -> str:
    words = _words(language)
    ours = f"{rng.choice(_OURS).format(first=writer.split()[0], company=company)}\n\n{_SIGNATURE}"
    form = rng.randrange(3)
    if form == 0:
        head = "-----Original Message-----\nFrom: Mara Ellwood <mara@wickfield.example>\n"
        return f"{head}Subject: Planning at {company}\n\n{ours}"
    head = rng.choice(words["wrote"]).format(date=rng.choice(words["date"]))
    return (
        f"{head}\n\n{ours}" if form == 1 else f"{head}\n" + "\n".join(f"> {line}".rstrip() for line in ours.split("\n"))
    )


REPLY_SORTING = DemoTask(
    slug="reply-sorting",
    name="Reply sorting",
    summary="What a prospect's answer means, in nine labels, and its language, in six.",
    spec=SPEC,
    records=records,
    teacher_defects=0.15,
    judged_share=0.9,
)
