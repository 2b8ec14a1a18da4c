"""The offline teacher beyond mails: summaries with claims, replies, product texts."""

import re

from demo.offline_teacher import write

PAGE = {
    "company": "Tin & Teal",
    "url": "https://tinandteal.example/about",
    "page": "The firm casts bells. It was founded in 1902. It has 30 staff in Oslo. Sales grew by 3 percent last year.",
}
SUMMARY = [
    {"name": "summary", "type": "text"},
    {"name": "claims", "type": "list", "items": ["text", "quote", "url"]},
]


def test_a_claim_quotes_the_record_word_for_word_and_names_its_address() -> None:
    for seed in range(30):
        draft = write(facts=PAGE, offer={}, output_fields=SUMMARY, seed=seed, defect_rate=0)

        claims = draft.fields["claims"]
        assert 3 <= len(claims) <= 5
        for claim in claims:
            assert list(claim) == ["text", "quote", "url"]
            assert claim["quote"] in PAGE["page"] or claim["quote"] == PAGE["company"]
            assert claim["quote"] in claim["text"]
            assert claim["url"] == PAGE["url"]


def test_defects_reach_other_tasks_too_and_are_labelled() -> None:
    drafts = [write(facts=PAGE, offer={}, output_fields=SUMMARY, seed=seed, defect_rate=1) for seed in range(60)]

    assert all(draft.defects for draft in drafts)
    for draft in drafts:
        summary = draft.fields["summary"]
        assert ("placeholder" in draft.defects) == ("[" in summary)
        assert ("spam_words" in draft.defects) == ("!" in summary)
        if "unsupported_claim" in draft.defects:
            assert set(re.findall(r"\d+", summary)) - {"1902", "30", "3"}


def test_extra_fields_beside_a_mail_are_filled() -> None:
    fields = [{"name": name, "type": "text"} for name in ("subject", "body", "reason")]

    draft = write(facts=PAGE, offer={"product": "Loomboard"}, output_fields=fields, seed=1, defect_rate=0)

    assert list(draft.fields) == ["subject", "body", "reason"]
    assert draft.fields["reason"]


def test_the_schema_may_come_with_items_as_dicts_and_with_limits() -> None:
    fields = [
        {"name": "summary", "type": "text", "max_words": 12, "max_chars": None, "items": []},
        {"name": "claims", "type": "list", "items": [{"name": "text"}, {"name": "quote"}]},
    ]

    for seed in range(30):
        draft = write(facts=PAGE, offer={}, output_fields=fields, seed=seed, defect_rate=0)

        assert 0 < len(draft.fields["summary"].split()) <= 12
        assert all(list(claim) == ["text", "quote"] for claim in draft.fields["claims"])


def test_a_mail_is_known_by_the_roles_of_its_fields() -> None:
    fields = [
        {"name": "headline", "type": "text", "role": "subject"},
        {"name": "message", "type": "text", "role": "body"},
    ]

    draft = write(facts=PAGE, offer={"product": "Loomboard"}, output_fields=fields, seed=1, defect_rate=0)

    assert list(draft.fields) == ["headline", "message"]
    assert draft.fields["message"].startswith("Hi {{contact.first_name}},")


def test_facts_that_are_no_text_are_read_as_text() -> None:
    facts = {"name": "Kettle K2", "volume": 2, "colours": ["blue", "green"], "price": None}

    texts = {
        write(facts=facts, offer={}, output_fields=[{"name": "text"}], seed=seed, defect_rate=0).fields["text"]
        for seed in range(10)
    }

    assert all("blue, green" in text and "2" in text and "None" not in text for text in texts)


def test_of_several_sources_each_quote_names_its_own_address() -> None:
    facts = {
        "company": "Tin & Teal",
        "source_1": "The firm casts bells in Oslo. It has 30 staff.",
        "source_1_url": "https://one.example/a",
        "source_2": "Sales grew by 3 percent last year. A second hall opened.",
        "source_2_url": "https://two.example/b",
    }

    for seed in range(30):
        draft = write(facts=facts, offer={}, output_fields=SUMMARY, seed=seed, defect_rate=0)

        for claim in draft.fields["claims"]:
            if claim["quote"] != "Tin & Teal":
                assert claim["url"] == (
                    "https://one.example/a" if claim["quote"] in facts["source_1"] else "https://two.example/b"
                )
