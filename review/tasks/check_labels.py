"""Labels of the checks on pages, and a line on what each marks."""

from __future__ import annotations

# Checks that only a mail can pass or fail.
CHECKS_OF_MAILS = frozenset({"call_to_action", "names_company"})
CHECK_HELP: dict[str, tuple[str, str]] = {
    "pattern": ("Pattern", "A text that does not match the pattern of its field."),
    "reasoning": ("Reasoning", "Reasoning whose last line names another label than the one that follows."),
    "length": ("Length", "Words and characters as the written fields say; a subject longer than an inbox shows."),
    "placeholders": ("Placeholders", "[Name], {name}, XXX, and slots that are not declared."),
    "call_to_action": ("Call to action", "A mail that asks nothing."),
    "spam": ("Spam", "Words that filters and readers turn away from, capitals, runs of exclamation marks."),
    "unsupported": ("Unsupported", "A number or name found neither in the facts nor in the offer."),
    "contradictions": (
        "Contradictions",
        "A unit, date, number or order of names that the facts say otherwise; in English.",
    ),
    "forbidden": ("Forbidden phrases", "The offer's forbidden phrases, in any ending."),
    "repetition": ("Repetition", "The same sentence twice, or the same six words thrice."),
    "spelling": ("Spelling", "A word that is in no dictionary of the language, no fact and nowhere in the task."),
    "names_company": ("Names the company", "The record's group must be named; its legal suffix may drop."),
    "quotes": ("Quotes", "A claim's quote that is not in the cited source, letter by letter."),
}
