"""Questions of a colleague on each topic of a company's pages, and how the answer is told. Tables only; see `Topic`."""

from typing import NamedTuple


class Asked(NamedTuple):
    """Wordings of a question, and of its whole answer; each answer follows from every wording of the topic."""

    questions: tuple[str, ...]
    answers: tuple[str, ...]


ASKED: dict[str, Asked] = {
    "founding": Asked(
        ("How did {company} begin?", "Who founded {company}, and where?", "Where does {company} come from?"),
        (
            "{person} started {company} in {year} in {place}, in a hall that was rented.",
            "{company} has existed since {year}; {person} began it in {place}.",
            "The firm's founder is {person}, who set out from {place} in {year}.",
        ),
    ),
    "staff": Asked(
        ("How many people work at {company}?", "Does {company} grow?", "How has the team of {company} changed?"),
        (
            "{company} has {high} people, {rise_words} more than a year ago.",
            "The team has grown by {rise_words} within a year and counts {high} people.",
            "{high} people are employed at {company}, up from {low}.",
        ),
    ),
    "second_site": Asked(
        ("Where else does {company} work?", "Has {company} opened anything new?", "How many sites has {company}?"),
        (
            "Besides its first site {company} has had one in {place} since {month}.",
            "{company} has two sites; the newer one opened in {place} in {month}.",
            "It went from one site to two when it opened in {place} in {month}.",
        ),
    ),
    "depot_plan": Asked(
        ("What does {company} plan to build?", "Is {company} going to expand?", "Which plans has {company}?"),
        (
            "A depot in {place} is planned for {month}, but the council's consent is missing.",
            "{company} wants a depot in {place} by {month}; that hangs on the council.",
            "If the council gives its consent, {company} will have a depot in {place} in {month}.",
        ),
    ),
    "customer": Asked(
        ("Whom does {company} supply?", "Who buys from {company}?", "Can {company} name a customer?"),
        (
            "{firm} has been a customer since {year} and buys {goods}.",
            "{company} sells {goods} to {firm}, and has done so since {year}.",
            "One customer is {firm}: it has taken {goods} from {company} since {year}.",
        ),
    ),
    "investment": Asked(
        ("What did {company} spend money on?", "Does {company} invest?", "What was the largest outlay of {company}?"),
        (
            "{company} invested {few} million euros in {thing} this year.",
            "This year's money went into {thing}: {few_words} million euros.",
            "It bought {thing} for {few} million euros this year.",
        ),
    ),
    "power": Asked(
        (
            "How much power does {company} save?",
            "Does {company} meet its aims for power?",
            "What of power at {company}?",
        ),
        (
            "{company} uses {percent} percent less power, short of its aim of {more_percent} percent.",
            "It saved {percent} percent of its power and missed the {more_percent} percent it had hoped for.",
            "The aim of {more_percent} percent was missed: {company} saved {percent} percent of its power.",
        ),
    ),
    "director": Asked(
        ("Who runs {company}?", "Whom do I speak with at the top of {company}?", "Has {company} a new head?"),
        (
            "{person} has run {company} since {month}, after {other_person}.",
            "The managing director is {person}, who took the post in {month}.",
            "{company} has been led by {person} since {month}; {other_person} had the post before.",
        ),
    ),
    "dispatch": Asked(
        ("How fast does {company} send orders out?", "How long do orders take at {company}?", "Is {company} quick?"),
        (
            "Orders of the morning leave the same day; {few_words} days was usual a year ago.",
            "{company} ships on the same day if ordered by noon, where it took {few} days a year ago.",
            "Before noon means the same day now; a year ago it meant a wait of {few} days.",
        ),
    ),
    "audit": Asked(
        ("What did the auditors find at {company}?", "How did the audit of {company} go?", "Is {company} in order?"),
        (
            "The audit of {month} brought {few} findings, all mended since.",
            "Auditors named {few_words} points in {month}; nothing of that is open.",
            "{company} has closed all {few} findings of its audit in {month}.",
        ),
    ),
    "apprentices": Asked(
        (
            "Does {company} train young people?",
            "How many apprentices has {company} taken on?",
            "Who learns at {company}?",
        ),
        (
            "{company} took on {low} apprentices in {month}; {few} come from abroad.",
            "In {month} {low} young people began to learn at {company}, {few_words} of them from abroad.",
            "Yes: {low} apprentices since {month}, {few} of whom are from abroad.",
        ),
    ),
    "contract_end": Asked(
        ("Which contracts of {company} have ended?", "Has {company} lost a contract?", "What of {firm}?"),
        (
            "The contract with {firm} ended in {month}, and there is no new one.",
            "{firm} has had no contract with {company} since the old one ran out in {month}.",
            "{company} has been without its contract with {firm} since {month}.",
        ),
    ),
    "prices": Asked(
        ("What will {company} charge?", "Do prices at {company} change?", "Is {company} getting dearer?"),
        (
            "Prices go up by {percent} percent once {month} is over.",
            "{company} keeps its prices until the end of {month}, then asks {percent} percent more.",
            "From the month after {month} on, everything costs {percent} percent more.",
        ),
    ),
    "prize": Asked(
        ("How did {company} do at the trade prize?", "Has {company} won anything?", "Who won the trade prize?"),
        (
            "{company} was second of {low} firms at the trade prize; {firm} won.",
            "The trade prize went to {firm}, with {company} next among {low} firms.",
            "Second place at the trade prize, out of {low}, behind {firm}.",
        ),
    ),
    "service_desk": Asked(
        (
            "When can customers reach {company}?",
            "When does somebody answer at {company}?",
            "Is {company} there at night?",
        ),
        (
            "The desk is open from 7 in the morning to {hour} at night, closed on Sundays.",
            "On every day but Sunday somebody answers between 7 in the morning and {hour} at night.",
            "Six days a week, from 7 until {hour} at night.",
        ),
    ),
    "faults": Asked(
        (
            "How good are the parts from {company}?",
            "Does {company} make faulty parts?",
            "What of quality at {company}?",
        ),
        (
            "{few_words} faulty parts in {hundreds}, against {double_words} the year before.",
            "{company} had {few} faulty parts among {hundreds} checked ones, half of last year's.",
            "Of {hundreds} parts {few} had a fault; a year earlier it was {double}.",
        ),
    ),
    "takeover": Asked(
        (
            "Which firm did {company} take over?",
            "Has {company} bought anybody?",
            "What became of the people of {firm}?",
        ),
        (
            "{company} bought {firm}: all {low} people stay, and the name does too.",
            "{firm} was taken over with its name and all of its {low} people.",
            "All {low} people of {firm} keep their work under {company}, and the firm its name.",
        ),
    ),
    "standstill": Asked(
        ("Did anything go wrong at {company}?", "Has a line of {company} stood still?", "What happened in {place}?"),
        (
            "The line in {place} was idle for {few} days, for want of spare parts.",
            "Spare parts came late, so the line in {place} did not run for {few_words} days.",
            "A lack of spare parts stopped the line in {place} for {few} days; it was no accident.",
        ),
    ),
}
