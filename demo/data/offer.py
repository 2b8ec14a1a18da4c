"""Offer of the demo's fictional seller (product, claims and tone), and the task of its mails."""

from typing import Final

from review.spec.starters import STARTERS
from review.spec.task_spec import Offer, TaskSpec

OFFER: Final[dict[str, str | list[str]]] = {
    "seller": "Wickfield Tools",
    "product": "Loomboard",
    "description": "a planning board that shows orders, people and stock on one page",
    "claims": [
        "Loomboard is set up in 10 working days.",
        "Loomboard customers cut planning time by 30 percent within 90 days.",
        "More than 400 teams in 18 countries plan with Loomboard.",
        "Loomboard reads the files a team already keeps, so nothing has to be typed again.",
        "A pilot at one site runs for 6 weeks and costs 900 euros.",
        "Every change on the board reaches the whole team within 5 seconds.",
        "Support answers within 2 hours on working days.",
        "New planners learn Loomboard in 1 day.",
    ],
    "forbidden_phrases": [
        "game changer",
        "best in the world",
        "revolutionary",
        "no risk at all",
        "guaranteed results",
        "trusted by everyone",
    ],
    "tone": "plain, friendly and brief; one colleague writing to another, no pressure",
    "signature": "Best regards,\nMara Ellwood\nWickfield Tools",
}


def demo_spec() -> TaskSpec:
    """Return the outreach starter with the fictional seller's offer."""
    return STARTERS["outreach"].spec.model_copy(update={"offer": Offer.model_validate(OFFER)})
