"""Invented details, other lands and reports denied: own sentences over own news."""

from __future__ import annotations

import pytest

from review.text.verification.rules import verify

# Long enough to tell all that a summary needs; no word here speaks of the crimes, illnesses and trades below.
BRIDGE = (
    "The council of Harlow in Ontario will close the Mill Street bridge for repairs from 3 May until the autumn. "
    "Engineers found cracks in two of its six stone arches in March, after a lorry struck a pillar. Mayor Dana "
    "Whitlock said that the work would cost $4.2m (about a third of the yearly sum for roads) and that Canada's "
    "government would give half of it. Shopkeepers on the eastern bank fear that they will see fewer customers. "
    "Whitlock said that a footbridge would open next week, and that she still wants to widen the road to the "
    "station. The Supreme Court of Ontario threw out a complaint by the boat club last year. The price of stone "
    "rose by 9% in the spring, and the number of passing lorries fell."
)
TRUE = (
    "Harlow's Mill Street bridge will be shut for repairs until the autumn.",
    "Cracks were discovered in two arches of the bridge.",
    "A truck hit one of the pillars before the cracks were found.",
    "The government of Canada is to provide half of the money.",
    "The mayor of Harlow said the repairs would cost $4.2m.",
    "A temporary footbridge will open next week.",
    "Shops on the eastern bank worry about losing customers.",
    "The court dismissed a complaint by the boat club.",
    "Whitlock still hopes to make the road wider.",
    "Trains are reached by a road that the mayor wants to widen.",
    "The price of stone increased, while fewer lorries passed.",
    "Fewer lorries passed the bridge.",
    "Two of the six arches are cracked.",
    "The repairs, which will cost $4.2m (£3.1m), begin on 3 May.",
    "The closure begins on 3 May.",
    "The council's engineers looked at the bridge in March.",
    "Mayor Dana Whitlock spoke of a footbridge.",
    "Part of the cost will be borne by the Canadian government.",
    "Ontario's Supreme Court threw out a complaint.",
    "No one was arrested.",
)
# Readers work out so much: an age, a week, a trade, how long something lasts.
LANE = (
    "The nine members of Elmsworth town board agreed to shut Market Lane to cars from 2 June to 14 September. "
    "Each Friday, 70 stalls will sell bread there, and every December there is to be a fair. Nora Finch, 81, who has "
    "lived there since 1950, was glad, and wants to stop selling hats to see her grandchildren. Chairman Paul Hurst, "
    "who owns a yacht worth 9m pounds, said that nothing changed for those who come from abroad by coach. His deputy "
    "Ann Lake left her seat on Tuesday, and asked Finch to pardon her rude words. The start was moved from April to "
    "June after the ground shook. Ivo Brand, a geologist, spoke of a jolt that no house withstood. Drivers who come "
    "later than eight in the morning risk a penalty."
)
WORKED_OUT = (
    "A weekly market will be held there on Fridays.",
    "An annual fair is planned in December.",
    "The lane will be closed temporarily.",
    "The elderly hatter Nora Finch was glad.",
    "Finch is to retire and see her grandchildren.",
    "The wealthy chairman owns a yacht.",
    "Tourists who arrive by coach will not be affected.",
    "Ann Lake resigned on Tuesday.",
    "Lake apologised to Finch.",
    "The start was postponed to June.",
    "An earthquake came before June.",
    "A scientist spoke of a jolt.",
    "Driving there later in the day is illegal.",
)
INVENTED = {
    "Engineers found cracks in the bridge after an explosion.": "explosion",
    "The complaint by the boat club spoke of fraud.": "fraud",
    "The mayor resigned over the cost of the bridge.": "resigned",
    "The boat club apologised to the council last year.": "apologised",
}


@pytest.mark.parametrize("claim", TRUE)
def test_what_the_news_says_in_other_words_is_not_marked(claim: str) -> None:
    assert verify(BRIDGE, claim).unsupported == ()


@pytest.mark.parametrize("claim", WORKED_OUT)
def test_what_a_reader_works_out_is_not_marked_as_invented(claim: str) -> None:
    whys = [each.why for each in verify(LANE, claim).unsupported]

    assert "The passage tells nothing of this" not in whys


@pytest.mark.parametrize(("claim", "place"), INVENTED.items())
def test_an_event_or_a_thing_the_passage_has_no_word_of_is_marked(claim: str, place: str) -> None:
    found = verify(BRIDGE, claim).unsupported

    assert place in [claim[each.start : each.end] for each in found]


@pytest.mark.parametrize("claim", ["The bridge closes after a robbery.", "Tourists fear the work."])
def test_of_a_short_passage_an_event_is_not_marked(claim: str) -> None:
    assert verify("The council will close the Mill Street bridge. Shopkeepers fear the work.", claim).supported


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("Kenya's Mayor Whitlock said that her government would give half of it.", "Kenya's"),
        ("The Mexican government of Dana Whitlock will give half of it.", "Mexican"),
        ("Shopkeepers on the eastern bank denied that customers would be fewer.", "denied"),
        ("The price of stone fell in the spring, and the number of passing lorries rose.", "fell"),
        ("The price of stone rose, and the number of passing lorries rose.", "rose"),
        ("The work would cost $5.1m (£3.1m).", "5.1m"),
    ],
)
def test_other_lands_denied_reports_ways_and_sums_are_marked(claim: str, place: str) -> None:
    found = [claim[each.start : each.end] for each in verify(BRIDGE, claim).unsupported]

    assert any(place in each for each in found), found
