"""The demo's task *Support answer*: replies to customers of a fictional planning board, from its help pages.

Limits differ by the customer's plan, which the customer mentions or the support asks for; no page settles some matters.
The search also finds other pages, in any order.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from demo import phrase_files
from demo.data.demo_task import AnsweredRecord, DemoTask
from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from review.spec.schema import Fields, InputField, OutputField
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Offer, Requirement, TaskSpec

FAULTS = ("wrong_number", "no_answer", "promise", "blame", "placeholder")
PROMISED, BLAMED = "we will extend your plan for nothing", "you should have"
GREETING = "Hello {{contact.first_name}},"
SIGNATURE = f"Kind regards,\nThe {OFFER['product']} team"
SEED, COMPANIES, TICKETS_EACH = 20262, 120, 3
UNSETTLED_SHARE, ASKED_BACK_SHARE, TYPO_SHARE = 0.12, 0.35, 0.25
Turn = dict[str, str]
_FOLDER = Path(__file__).with_name("phrases")
_PHRASES = phrase_files.read(_FOLDER / "support_answer.txt")
_TEXTS = _PHRASES[""].lists
# Matters without a help page: a title and a question.
_UNSETTLED = _PHRASES["unsettled"].lines


class HelpTopic(NamedTuple):
    """Topic of customers' questions.

    In its phrases `{mine}` and `{plan}` are the customer's limit and plan, `{first}` and `{second}` the limits of both
    plans on the page.

    Attributes:
        titles: Titles of the ticket.
        limits: Sentence of the page with a limit by plan.
        problems: Messages of the customer.
        steps: Sentences of an answer on the next steps.
        mine: Sentence of an answer on the limit of the customer's plan.
        values: Least and greatest limit.
    """

    titles: list[str]
    page: list[str]
    limits: list[str]
    problems: list[str]
    steps: list[str]
    mine: list[str]
    values: list[str]


HELP = [HelpTopic(**topic.lists) for topic in phrase_files.read(_FOLDER / "help_pages.txt").values() if topic.lists]

SPEC = TaskSpec(
    instruction=(
        "Answer the customer's last message from the help pages, and from nothing else: what to do, and the limit of "
        "the customer's own plan. Where the pages do not settle it, say so, and who will answer within which time."
    ),
    offer=Offer(
        seller=str(OFFER["seller"]),
        product=str(OFFER["product"]),
        description=str(OFFER["description"]),
        forbidden_phrases=(PROMISED, BLAMED, "as stated before"),
        tone="warm, exact, no blame",
        signature=SIGNATURE,
    ),
    input_schema=(
        InputField(name="customer", role="group", required=True, description="Who writes."),
        InputField(name="ticket", role="title", required=True, description="Its subject."),
        InputField(name="conversation", type="conversation", required=True, description="What was written so far."),
        InputField(name="help_pages", type="document", required=True, description="Pages that a search found."),
    ),
    output_schema=(
        OutputField(name="reply", role="body", min_words=20, max_words=120, description="The whole answer, signed."),
    ),
    slots=("contact.first_name",),
    record_noun="ticket",
    checks=checks("length", "placeholders", "spam", "unsupported", "forbidden", "repetition"),
    rubric=(
        Requirement(name="answers the question", description="The first sentences settle what was asked."),
        Requirement(name="the customer's plan", description="The limit told is that of the customer's own plan."),
        Requirement(name="true to the pages", description="No step, number or promise that the pages do not hold."),
        Requirement(name="kind", description="No blame, no lecture."),
    ),
    reasons=reasons(wrong_fact="Wrong fact", tone="Tone", no_answer="Does not answer", promise="Promises too much"),
    guideline="A likely guess is worse than passing the question on.",
    teacher_template=teacher_template(
        "answer",
        opening="You write for:\n{{offer}}",
        ending='Greet with "Hello {{contact.first_name}}," exactly like this.',
    ),
    student_template="Answer the customer from the help pages.\n{{facts}}",
)


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the records, three for each customer; the same seed gives the same everywhere."""
    rng = random.Random(seed)
    return [
        record
        for facts in prospects(COMPANIES)
        for record in _tickets(facts["company"], rng.choice(_TEXTS["plans"]), rng)
    ]


def _tickets(company: str, plan: str, rng: random.Random) -> list[AnsweredRecord]:
    topics, unsettled = rng.sample(HELP, TICKETS_EACH), rng.sample(_UNSETTLED, TICKETS_EACH)
    return [
        _passed_on(company, plan, unsettled[number], rng)
        if rng.random() < UNSETTLED_SHARE
        else _settled(company, plan, topic, rng)
        for number, topic in enumerate(topics)
    ]


def _settled(company: str, plan: str, topic: HelpTopic, rng: random.Random) -> AnsweredRecord:
    limits = _limits(topic, rng)
    pages = [_page(topic, limits, rng), *_other_pages(topic, rng.choice((1, 2)), rng)]
    rng.shuffle(pages)
    mine = limits[_TEXTS["plans"].index(plan)]
    answer = f"{rng.choice(topic.steps)} {rng.choice(topic.mine).format(mine=mine, plan=plan)}"
    pages.append(rng.choice(_TEXTS["contact_pages"]).format(hours=rng.randint(2, 48)))
    turns = _conversation(plan, rng.choice(topic.problems), rng)
    return _record(company, rng.choice(topic.titles), turns, pages, answer, rng)


def _passed_on(company: str, plan: str, matter: str, rng: random.Random) -> AnsweredRecord:
    title, question = matter.split(": ")
    hours = rng.randint(2, 48)
    pages = _other_pages(None, rng.choice((1, 2)), rng)
    pages.append(rng.choice(_TEXTS["contact_pages"]).format(hours=hours))
    answer = rng.choice(_TEXTS["passed_on"]).format(hours=hours)
    return _record(company, title, _conversation(plan, question, rng), pages, answer, rng)


def _record(
    company: str, title: str, turns: list[Turn], pages: Sequence[str], answer: str, rng: random.Random
) -> AnsweredRecord:
    sentences = [*([rng.choice(_TEXTS["thanks"])] if rng.random() < 0.5 else []), answer]
    told = " ".join(each[0].upper() + each[1:] for each in sentences)
    reply = "\n\n".join((GREETING, told, rng.choice(_TEXTS["closings"]), SIGNATURE))
    facts = {"customer": company, "ticket": title, "conversation": turns, "help_pages": "\f".join(pages)}
    return AnsweredRecord(facts, {"reply": reply})


def _conversation(plan: str, problem: str, rng: random.Random) -> list[Turn]:
    """Draw the conversation so far; where the plan is missing at first, the support asks for it."""
    asked_back = rng.random() < ASKED_BACK_SHARE
    own_plan = "" if asked_back else rng.choice(_TEXTS["own_plan"])
    around = [rng.choice(_TEXTS["moods"]), own_plan]
    rng.shuffle(around)
    bye = rng.choice(_TEXTS["byes"])
    greeting = rng.choice(_TEXTS["greetings"])
    matter = problem if greeting else problem[0].upper() + problem[1:]
    if rng.random() < TYPO_SHARE:
        matter = _with_typo(matter, rng)
    lines = " ".join(part for part in (greeting, matter, *around, bye) if part)
    turns = [{"role": "user", "content": lines.format(plan=plan)}]
    if asked_back:
        turns.append({"role": "assistant", "content": rng.choice(_TEXTS["which_plan"])})
        turns.append({"role": "user", "content": rng.choice(_TEXTS["plan_told"]).format(plan=plan)})
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
    """Draw the limits of the two plans; the larger plan has the larger one."""
    least, most = map(int, topic.values)
    first, second = sorted(rng.sample(range(least, most + 1), 2))
    return first, second


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into the reply: the limit of the other plan, no answer, a promise, blame or an open slot."""
    fault = rng.choice(FAULTS)
    greeting, answer, *rest = record.fields["reply"].split("\n\n")
    if fault == "wrong_number":
        answer = _with_another_number(answer, record.facts["help_pages"], rng)
    elif fault == "no_answer":
        answer = rng.choice(_TEXTS["no_answer"])
    elif fault == "promise":
        answer += f" For your trouble {PROMISED}."
    elif fault == "blame":
        answer += f" Next time {BLAMED} read the page first."
    else:
        greeting = greeting.replace(GREETING, "Hello [Name],")
    return {"reply": "\n\n".join((greeting, answer, *rest))}, fault


def _with_another_number(answer: str, pages: str, rng: random.Random) -> str:
    """Replace the last number of an answer by that of the other plan or another matter."""
    number = list(re.finditer(r"\d+", answer))[-1]
    others = sorted(set(re.findall(r"\d+", pages)) - {number[0]})
    return f"{answer[: number.start()]}{rng.choice(others)}{answer[number.end() :]}"


SUPPORT_ANSWER = DemoTask(
    slug="support-answer",
    name="Support answer",
    summary="A customer's conversation and the help pages a search found: the answer by mail.",
    spec=SPEC,
    records=records,
    teacher_defects=0.2,
    spoil=spoil,
)
