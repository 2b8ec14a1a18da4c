"""Tickets on the fictional planning board: a conversation, the help pages that a search found, and the answer.

The limits differ by the customer's plan, which is told in passing or asked for; some matters no page settles. A search
finds other pages too, in any order.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from demo.data.demo_task import AnsweredRecord
from demo.data.prospects.generate import prospects
from demo.data.support_answer import phrases
from demo.data.support_answer.help_pages import HELP, HelpTopic
from demo.data.support_answer.spec import GREETING, SIGNATURE

SEED, COMPANIES, TICKETS_EACH = 20262, 120, 3
UNSETTLED_SHARE, ASKED_BACK_SHARE, TYPO_SHARE = 0.12, 0.35, 0.25
Turn = dict[str, str]


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the records, three of one customer after another; the same seed gives the same on every machine."""
    rng = random.Random(seed)
    return [
        record
        for facts in prospects(COMPANIES)
        for record in _tickets(facts["company"], rng.choice(phrases.PLANS), rng)
    ]


def _tickets(company: str, plan: str, rng: random.Random) -> list[AnsweredRecord]:
    topics, unsettled = rng.sample(HELP, TICKETS_EACH), rng.sample(phrases.UNSETTLED, TICKETS_EACH)
    return [
        _passed_on(company, plan, *unsettled[number], rng)
        if rng.random() < UNSETTLED_SHARE
        else _settled(company, plan, topic, rng)
        for number, topic in enumerate(topics)
    ]


def _settled(company: str, plan: str, topic: HelpTopic, rng: random.Random) -> AnsweredRecord:
    limits = _limits(topic, rng)
    pages = [_page(topic, limits, rng), *_other_pages(topic, rng.choice((1, 2)), rng)]
    rng.shuffle(pages)
    mine = limits[phrases.PLANS.index(plan)]
    answer = f"{rng.choice(topic.steps)} {rng.choice(topic.mine).format(mine=mine, plan=plan)}"
    pages.append(rng.choice(phrases.CONTACT_PAGES).format(hours=rng.randint(2, 48)))
    turns = _conversation(plan, rng.choice(topic.problems), rng)
    return _record(company, rng.choice(topic.title), turns, pages, answer, rng)


def _passed_on(company: str, plan: str, title: str, question: str, rng: random.Random) -> AnsweredRecord:
    hours = rng.randint(2, 48)
    pages = _other_pages(None, rng.choice((1, 2)), rng)
    pages.append(rng.choice(phrases.CONTACT_PAGES).format(hours=hours))
    answer = rng.choice(phrases.PASSED_ON).format(hours=hours)
    return _record(company, title, _conversation(plan, question, rng), pages, answer, rng)


def _record(
    company: str, title: str, turns: list[Turn], pages: Sequence[str], answer: str, rng: random.Random
) -> AnsweredRecord:
    sentences = [*([rng.choice(phrases.THANKS)] if rng.random() < 0.5 else []), answer]
    told = " ".join(each[0].upper() + each[1:] for each in sentences)
    reply = "\n\n".join((GREETING, told, rng.choice(phrases.CLOSINGS), SIGNATURE))
    facts = {"customer": company, "ticket": title, "conversation": turns, "help_pages": "\f".join(pages)}
    return AnsweredRecord(facts, {"reply": reply})


def _conversation(plan: str, problem: str, rng: random.Random) -> list[Turn]:
    """Conversation so far; where the plan is missing at first, the support has asked for it."""
    asked_back = rng.random() < ASKED_BACK_SHARE
    own_plan = "" if asked_back else rng.choice(phrases.OWN_PLAN)
    around = [rng.choice(phrases.MOODS), own_plan]
    rng.shuffle(around)
    bye = rng.choice(phrases.BYES)
    greeting = rng.choice(phrases.GREETINGS)
    matter = problem if greeting else problem[0].upper() + problem[1:]
    if rng.random() < TYPO_SHARE:
        matter = _with_typo(matter, rng)
    lines = " ".join(part for part in (greeting, matter, *around, bye) if part)
    turns = [{"role": "user", "content": lines.format(plan=plan)}]
    if asked_back:
        turns.append({"role": "assistant", "content": rng.choice(phrases.WHICH_PLAN)})
        turns.append({"role": "user", "content": rng.choice(phrases.PLAN_TOLD).format(plan=plan)})
    return turns


def _with_typo(text: str, rng: random.Random) -> str:
    """Swap two letters of a longer word."""
    words = text.split()
    at = rng.choice([index for index, word in enumerate(words) if len(word) >= 4])
    letter = rng.randrange(1, len(words[at]) - 2)
    word = words[at]
    words[at] = word[:letter] + word[letter + 1] + word[letter] + word[letter + 2 :]
    return " ".join(words)


def _other_pages(topic: HelpTopic | None, count: int, rng: random.Random) -> list[str]:
    others = rng.sample([each for each in HELP if each is not topic], count)
    return [_page(each, _limits(each, rng), rng) for each in others]


def _page(topic: HelpTopic, limits: tuple[int, int], rng: random.Random) -> str:
    first, second = limits
    return f"{rng.choice(topic.page)} {rng.choice(topic.limits).format(first=first, second=second)}"


def _limits(topic: HelpTopic, rng: random.Random) -> tuple[int, int]:
    """Limits of the two plans; the larger plan has the larger one."""
    least, most = topic.values
    first, second = sorted(rng.sample(range(least, most + 1), 2))
    return first, second
