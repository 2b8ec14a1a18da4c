"""Templates are found from prompts alone, slots are named by their labels,
and every prompt is made again to the byte.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from review.sources.imports.logs.induction import Induced, Prompt, induce
from review.sources.imports.logs.slot_names import field_name
from review.sources.imports.logs.template import Template

WORDS = (  # noqa: SIM905 (a list to read)
    "river stone garden market signal winter harbour copper meadow engine lantern orchard violin summit pepper canyon"
).split()
LABELS = "Company|Sector|Head count|City|Last order|Plan|Open question|Contact".split("|")  # noqa: SIM905
ENDINGS = ("", "\n\nThanks.")
CLOSINGS = (
    "Write a mail of 90 words.",
    "Answer in JSON.\n",
    "Reply with one word; nothing else.",
    "Be brief, be kind.",
)


def words(random: Random, least: int, most: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(random.randint(least, most)))


def sentences(random: Random, most: int) -> str:
    return " ".join(f"{words(random, 4, 12).capitalize()}." for _ in range(random.randint(1, most)))


def shown(template: Template) -> str:
    parts = [template.constants[0]]
    for slot, constant in zip(template.slots, template.constants[1:], strict=True):
        parts += [f"<{slot}>", constant]
    return "".join(parts)


def found(make: Callable[[Random], Prompt], *, count: int = 300, seed: int = 7) -> tuple[list[Induced], list[Prompt]]:
    random = Random(seed)
    prompts = [make(random) for _ in range(count)]
    templates = induce(prompts)
    for template in templates:
        for row in template.rows:
            values = template.values_in(prompts[row])
            assert values is not None
            assert tuple(part.render(values) for part in template.parts) == prompts[row]
    return templates, prompts


@pytest.mark.parametrize(("make", "wanted"), [
    (lambda r: ((
        f"Company: {words(r, 1, 3)}\nSize: {r.randint(1, 900)}\nSite: https://www.{r.choice(WORDS)}.com\nSince: "
        f"2024-{r.randint(10, 12)}-11\nWrite."
    ),),
     "Company: <company>\nSize: <size>\nSite: <site>\nSince: <since>\nWrite."),
    (lambda r: ((
        f"Read this.\n\n<ticket>\n{sentences(r, 6)}{r.choice(ENDINGS)}\n</ticket>\n\n## Customer plan\n"
        f"{r.choice(WORDS)}\n\nSort it."
    ),),
     "Read this.\n\n<ticket>\n<ticket>\n</ticket>\n\n## Customer plan\n<customer_plan>\n\nSort it."),
    (lambda r: (f'Sort {{"body": "{sentences(r, 3)}", "count": {r.randint(1, 99)}}} now',),
     'Sort {"body": "<body>", "count": <count>} now'),
    (lambda r: (lambda name: (f"{name} asks: {sentences(r, 4)}\nReply to {name} warmly.",))(words(r, 1, 2).title()),
     "<value> asks: <asks>\nReply to <value> warmly."),
    (lambda r: (f"Greet with {{{{contact.first_name}}}} and name {words(r, 1, 2)}!",),
        "Greet with <value> and name <name>!"),
    (lambda r: (f"Text: {sentences(r, 2)}\nLanguage: {'English' if r.random() < 0.98 else r.choice(WORDS)}",),
     "Text: <text>\nLanguage: <language>"),
    (lambda r: (f"  Ticket:\t{words(r, 1, 5)}  \n\n",), "  Ticket:\t<ticket>  \n\n"),
    (lambda r: (f"Für die Firma: {words(r, 1, 3)} – größer als „{words(r, 1, 1)}“?",),
        "Für die Firma: <firma> – größer als „<value>“?"),
])  # fmt: skip
def test_constant_text_becomes_the_template_and_varying_text_named_slots(
    make: Callable[[Random], Prompt], wanted: str
) -> None:
    templates, prompts = found(make)

    assert [len(template.rows) for template in templates] == [len(prompts)]
    assert shown(templates[0].parts[0]) == wanted


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("seed", range(4))
def test_of_a_thousand_prompts_of_an_unknown_template_99_percent_are_made_again(seed: int) -> None:
    settings = Random(seed)
    labels = settings.sample(LABELS, settings.randint(2, 5))
    closing, mark = settings.choice(CLOSINGS), settings.choice((": ", " = ", ":\n", " – "))

    def make(random: Random) -> Prompt:
        values = [sentences(random, 4) if place % 2 else words(random, 1, 4) for place in range(len(labels))]
        if random.random() < 0.005:
            return ("You are an assistant.", sentences(random, 5))
        lines = [f"{label}{mark}{value}" for label, value in zip(labels, values, strict=True)]
        return ("You are an assistant.", f"{words(Random(seed), 8, 12)}\n\n" + "\n".join(lines) + f"\n\n{closing}")

    templates, prompts = found(make, count=1_000, seed=seed)

    assert len(templates[0].rows) >= 0.99 * len(prompts)
    assert len(templates[0].slots) == len(labels)
    assert templates[0].parts[0] == Template(("You are an assistant.",))


def test_a_log_of_two_templates_and_some_strangers_gives_both_and_lists_the_strangers() -> None:
    def make(random: Random) -> Prompt:
        chance = random.random()
        if chance < 0.02:
            return (sentences(random, 9),)
        if chance < 0.4:
            return (f"Translate this into {random.choice(WORDS)}:\n{sentences(random, 3)}",)
        return (
            (
                f"Summarise for {words(random, 1, 2)} what follows in three points.\n\n{sentences(random, 5)}\n\nUse "
                "plain words."
            ),
        )

    templates, prompts = found(make)

    made = sum(len(template.rows) for template in templates)
    assert len(templates) == 2
    assert made + sum(not text.startswith(("Translate", "Summarise")) for (text,) in prompts) == len(prompts)


def test_a_sentence_that_an_earlier_version_lacked_stays_constant() -> None:
    def make(random: Random) -> Prompt:
        rule = "Never promise money back before a colleague has looked.\n" if random.random() < 0.96 else ""
        return (f"You answer tickets.\nTicket: {sentences(random, 3)}\n{rule}Two sentences at most.",)

    templates, prompts = found(make)

    assert [template.slots for template in templates] == [("ticket",), ("ticket",)]
    assert "Never promise money back" in templates[0].parts[0].constants[1]
    assert sum(len(template.rows) for template in templates) == len(prompts)


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_prompts_with_nothing_in_common_are_one_slot(count: int) -> None:
    templates, prompts = found(lambda random: (sentences(random, 4),), count=count)

    assert [len(template.rows) for template in templates] == [len(prompts)]
    assert [part.constants for part in templates[0].parts] == [("", "")]


def test_prompts_of_different_numbers_of_messages_are_kept_apart() -> None:
    def make(random: Random) -> Prompt:
        user = f"Ticket: {sentences(random, 2)}\nSort it."
        return (user,) if random.random() < 0.5 else ("You sort tickets.", user)

    templates, prompts = found(make)

    assert sorted(len(template.parts) for template in templates) == [1, 2]
    assert sum(len(template.rows) for template in templates) == len(prompts)


def test_nothing_comes_of_nothing() -> None:
    assert induce([]) == []


@pytest.mark.parametrize(("words", "name"), [
    ("Größe (m²)", "grosse_m2"), ("2nd line", "nd_line"), ("***", ""), ("A" * 60, "a" * 40),
])  # fmt: skip
def test_names_are_what_a_field_may_be_called(words: str, name: str) -> None:
    assert field_name(words) == name
