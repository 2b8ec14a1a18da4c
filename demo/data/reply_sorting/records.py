"""Fictional replies to the demo's mails, drawn from `phrases/`: one file a language, constructions under their label.

A construction holds choices (`[a|b]`) and slots (`{day}`). Around it come what makes replies hard to sort: thanks before a
no, signatures, typos, and our own English mail quoted below, with words that belong to other labels.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from demo.data.demo_task import AnsweredRecord
from demo.data.prospects.generate import prospects
from demo.data.reply_sorting.spec import LANGUAGES, MEANINGS

SEED = 2026
# Replies of each meaning, by language.
EACH = {"en": 17, "de": 8, "fr": 7, "it": 4, "nl": 4, "es": 4}
PEOPLE = (
    "Jana Ostrow",
    "Peter Lindgren",
    "Carla Benedetti",
    "Tom Hazelwood",
    "Annika Vos",
    "Luc Marchand",
    "Ines Robledo",
    "Stefan Kolb",
    "Marta Quist",
    "Henrik Aldous",
    "Noor Dekker",
    "Paul Thierry",
    "Greta Sommerfeld",
    "Ivo Castell",
    "Ruth Pemberton",
    "Elio Sartori",
)
COUNTRIES = {
    "en": ("Ireland", "Canada"),
    "de": ("Germany", "Austria"),
    "fr": ("France", "Belgium"),
    "it": ("Italy",),
    "nl": ("Belgium",),
    "es": ("Spain",),
}
ANSWER_MARKS = {"en": "Re", "de": "AW", "fr": "RE", "it": "R", "nl": "Antw", "es": "RE"}
SUBJECTS = (
    "Planning at {company}",
    "One page for orders and stock",
    "Fewer hours on the plan",
    "{company} and Loomboard",
    "A thought on your planning",
    "Six weeks at one site",
)
# Subjects that programs write themselves; half of what they send says nothing of it in its subject.
NOTICES = {
    "en": ("Automatic reply: {subject}", "Out of office", "[{ticket}] {subject}", "Notice about your e-mail"),
    "de": (
        "Automatische Antwort: {subject}",
        "Abwesenheitsnotiz",
        "[{ticket}] {subject}",
        "Hinweis zu Ihrer Nachricht",
    ),
    "fr": ("Réponse automatique : {subject}", "Absence", "[{ticket}] {subject}", "Votre message"),
    "it": ("Risposta automatica: {subject}", "Assenza", "[{ticket}] {subject}", "Il suo messaggio"),
    "nl": ("Automatisch antwoord: {subject}", "Afwezig", "[{ticket}] {subject}", "Uw bericht"),
    "es": ("Respuesta automática: {subject}", "Ausencia", "[{ticket}] {subject}", "Su mensaje"),
}
OURS = (
    "Hi {first},\n\nplanning at {company} takes time that nobody has. Loomboard shows orders, people and stock on one page and "
    "is set up in 10 working days.\n\nWould a short call be of use to you? If not, tell me and I will stop.",
    "Hello {first},\n\na pilot at one site runs for 6 weeks. Are you interested, or is somebody else the right person to ask? "
    "A word is enough, and I will not write again.",
    "Dear {first},\n\nmore than 400 teams plan with Loomboard. Shall I send two pages on how {company} could begin? Not now is "
    "an answer too: then I come back in autumn. To unsubscribe, reply with stop.",
)
OUR_SIGNATURE = "Best regards,\nMara Ellwood\nWickfield Tools"
BY_MACHINE = frozenset({"machine", "out_of_office"})
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_LINE = re.compile(r"@(\w+) (.*)")


class DrawnReply(NamedTuple):
    """A reply, and what in it names its writer, for whoever lets somebody else write it.

    Attributes:
        signer: Who signs, and is greeted in what is quoted; the mail may have no signature.
        named: Whom its words name as their own writer, such as *It is me, Ruth*; empty where they name nobody so.
    """

    record: AnsweredRecord
    signer: str
    named: str
    company: str


class Phrases(NamedTuple):
    """Contents of a language's file: words for slots and frames, and constructions by label."""

    words: dict[str, list[str]]
    constructions: dict[str, list[str]]


@cache
def records(seed: int = SEED) -> tuple[AnsweredRecord, ...]:
    """The replies as records of the task; see `replies`."""
    return tuple(each.record for each in replies(seed))


@cache
def replies(seed: int = SEED) -> tuple[DrawnReply, ...]:
    """Draw the replies: each label equally often, no two with the same words, in no order.

    Args:
        seed: The same seed gives the same replies on every machine.
    """
    rng = random.Random(seed)
    companies = prospects(300)
    seen: set[str] = set()
    drawn = [
        _reply(rng, language, meaning, own, companies)
        for language, count in EACH.items()
        for meaning in MEANINGS
        for own in _own_texts(rng, language, meaning, count, seen)
    ]
    rng.shuffle(drawn)
    return tuple(drawn)


@cache
def phrases(language: str) -> Phrases:
    words: dict[str, list[str]] = {}
    constructions: dict[str, list[str]] = {}
    label = ""
    for line in Path(__file__).with_name("phrases").joinpath(f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("= "):
            label = line[2:]
        elif match := _LINE.fullmatch(line):
            words[match[1]] = match[2].split("|")
        else:
            constructions.setdefault(label, []).append(line)
    return Phrases(words, constructions)


def _own_texts(
    rng: random.Random, language: str, meaning: str, count: int, seen: set[str]
) -> Iterator[tuple[str, str]]:
    """Texts of one label and their writers' names; each construction comes once before any comes twice."""
    given: list[tuple[str, str]] = []
    while len(given) < count:
        known = phrases(language).constructions[meaning]
        for construction in rng.sample(known, k=len(known)):
            text, named = _filled(rng, language, construction)
            if len(given) < count and text not in seen:
                seen.add(text)
                given.append((text, named))
    yield from given


def _filled(rng: random.Random, language: str, construction: str) -> tuple[str, str]:
    """Fill a construction; return it with its writer's name, if it has one."""
    chosen = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), construction)
    who = rng.choice(PEOPLE)
    first = who.split()[0]
    place = rng.choice(("Harrow", "Lindau", "Arles", "Bergamo", "Deventer", "Vigo"))
    words = {name: rng.choice(options) for name, options in phrases(language).words.items()}
    mail = address_of(who)
    own = {"who": who, "first": first, "mail": mail, "my_name": who, "my_first": first, "my_mail": mail, "city": place}
    numbers = {
        "n": rng.choice((15, 20, 30, 40, 45)),
        "ticket": f"{rng.choice('ACQTX')}-{rng.randrange(10_000, 99_999)}",
    }
    text = chosen.format(**{**words, **own, **numbers, "date": words["date"]})
    return text[:1].upper() + text[1:] if text[-1:] in ".?!" else text, who if "{my_" in chosen else ""


def address_of(person: str) -> str:
    """The address of one of `PEOPLE`."""
    return f"{person.replace(' ', '.')}@office.example".lower()


def _reply(
    rng: random.Random, language: str, meaning: str, own: tuple[str, str], companies: Sequence[dict[str, str]]
) -> DrawnReply:
    at_home = [each["company"] for each in companies if each.get("country") in COUNTRIES[language]]
    company = rng.choice(at_home)
    subject = rng.choice(SUBJECTS).format(company=company)
    heading = _subject(rng, language, meaning, subject)
    signer = rng.choice([name for name in PEOPLE if name.split()[0] not in own[0]])
    facts = {"subject": heading, "company": company, "reply": _mail(rng, language, meaning, own[0], signer, company)}
    record = AnsweredRecord(facts, {"meaning": meaning, "language": LANGUAGES[language]})
    return DrawnReply(record, signer, own[1], company)


def _subject(rng: random.Random, language: str, meaning: str, subject: str) -> str:
    if meaning in BY_MACHINE and rng.random() < 0.5:
        return rng.choice(NOTICES[language]).format(subject=subject, ticket=f"#{rng.randrange(1_000, 9_999)}")
    return f"{ANSWER_MARKS[language]}: {subject}"


def _mail(rng: random.Random, language: str, meaning: str, own: str, writer: str, company: str) -> str:
    words = phrases(language).words
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
    role = rng.choice(phrases(language).words["role"])
    forms = (writer, writer.split()[0], f"{writer}\n{company}", f"{writer}\n{role[:1].upper()}{role[1:]}, {company}")
    return rng.choice(forms)


def _hasty(rng: random.Random, text: str) -> str:
    """Text as typed in haste: all small, or a few words with letters swapped or lost."""
    if rng.random() < 0.35:
        return text.lower()
    places = [match.span() for match in re.finditer(r"(?<![\w.@-])[^\W\d_]{5,}(?![\w@-])", text)]
    for start, end in sorted(rng.sample(places, k=min(len(places), rng.randint(1, 3))), reverse=True):
        at = rng.randrange(start + 1, end - 1)
        swapped = text[at + 1] + text[at] if rng.random() < 0.5 else text[at]
        text = text[:at] + swapped + text[at + 2 :]
    return text


def _quoted(rng: random.Random, language: str, writer: str, company: str) -> str:
    ours = f"{rng.choice(OURS).format(first=writer.split()[0], company=company)}\n\n{OUR_SIGNATURE}"
    form = rng.randrange(3)
    if form == 0:
        head = "-----Original Message-----\nFrom: Mara Ellwood <mara@wickfield.example>\n"
        return f"{head}Subject: Planning at {company}\n\n{ours}"
    head = rng.choice(phrases(language).words["wrote"]).format(date=rng.choice(phrases(language).words["date"]))
    return (
        f"{head}\n\n{ours}" if form == 1 else f"{head}\n" + "\n".join(f"> {line}".rstrip() for line in ours.split("\n"))
    )
