import random
import re

import pytest

from demo.data.prospects.generate import FACTS
from demo.offline_teacher.mail import RULES, Grammar, NothingFitsError

TINY = {"line": ("{town} is [mood].", "[lost]"), "mood": ("calm", "loud"), "lost": ("{nobody}",)}


def test_only_alternatives_whose_facts_are_known_are_used() -> None:
    grammar = Grammar(TINY, {"town": "Lund"})

    lines = {grammar.expand("line", random.Random(seed)) for seed in range(30)}

    assert lines == {"Lund is calm.", "Lund is loud."}


def test_a_blank_fact_counts_as_unknown() -> None:
    grammar = Grammar(TINY, {"town": ""})

    assert not grammar.fits("line")
    with pytest.raises(NothingFitsError):
        grammar.expand("line", random.Random(1))


def test_every_rule_of_the_mails_refers_to_rules_that_exist() -> None:
    mentioned = {fact for texts in RULES.values() for text in texts for fact in re.findall(r"\{(\w+)\}", text)}
    everything = dict.fromkeys(mentioned, "value")

    grammar = Grammar(RULES, everything)

    assert mentioned <= {*FACTS, "seller", "offered", "what", "introduced", "claim"}
    assert all(grammar.fits(symbol) for symbol in RULES)
    assert all(len(set(alternatives)) > 1 for alternatives in RULES.values())
