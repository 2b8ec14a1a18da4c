"""What a reply means, by rules over its words: English, and for the wish to hear no more five other languages too.

Order matters: that wish is taken before everything else, because missing one is the costliest mistake.
Pure; how often the rules are right stands in docs/sending.md.
"""

from __future__ import annotations

import re

from campaigns.replies.parsing import objections

DECLINED = re.compile(
    r"\b(not interested|no interest|no,? thank(s| you)|no need|not (for|relevant (for|to)|a fit|a good fit|something we)"
    r"|(we|i) (already )?(have|use) (a|another|our own) (\w+ ){0,2}(supplier|vendor|partner|solution|system|tool|provider)"
    r"|happy with (our|what|the)|(we|i).ll pass|(have to|must|going to) (pass|decline)|(we|i) (decline|pass)\b|pass on this"
    r"|wrong person|not the right person|no longer (work|with|at)|(do not|don.t|won.t|will not) (need|require|be needing))",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\b(not (right )?now|not at (this|the) (time|moment|point)|maybe later|(some)?(other|another) time|too busy"
    r"|(next|in the new|early in the|later (in|this)) (month|quarter|year|spring|summer|autumn|fall|winter)"
    r"|in (a few|a couple of|two|three|four|six|\d+) (weeks?|months?)|after (the )?(summer|holidays?|christmas|new year|easter"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)"
    r"|(check|circle|come|get|reach|touch|write|try) (back|again|me again|base)( \w+){0,3} (in|next|after|later)"
    r"|(budget|contract) (is|runs|has)\b.{0,40}\b(frozen|until|closed|spent)|in q[1-4]|bad timing|timing is)",
    re.IGNORECASE,
)
INTERESTED = re.compile(
    r"\b((i|we) (am|are|.?m|.?re|would be|.d be) (\w+ )?(interested|keen|curious|happy to|glad to|open to)|sounds? (good|great|interesting|useful|like a plan)"
    r"|(let.s|let us|happy to|glad to|like to|love to|could we|can we|shall we) (talk|speak|chat|meet|schedule|set|have a|hear|see|learn|know|find|do)"
    r"|tell (me|us) more|(send|share) (me|us|over)|please (send|call|book|schedule)|(call|ring|phone) me|give (me|us) a (call|ring)"
    r"|(i|we)( would|.d) (like|love) an? (\w+ )?(demo|call|meeting|trial|quote|offer|sample)|would love an?\b"
    r"|works for (me|us)|(monday|tuesday|wednesday|thursday|friday)( \w+){0,4} (works|is fine|suits|would work|is good)|book(ed)? (a|the) (slot|call|meeting)"
    r"|worth a (call|chat|look)|interesting|yes,? please|count (me|us) in|go ahead|looking forward)",
    re.IGNORECASE,
)
NOT_INTERESTED = re.compile(r"\b(not|n.t|isn.t|never|no longer|hardly)\b.{0,20}\binterest", re.IGNORECASE)
VERBS = (
    "send|call|give|check|let|tell|review|confirm|forward|provide|note|see|contact|reply|respond|schedule|book|bring|come|join"
    "|look|find|get|make|take|try|update|copy|set|change|add|click|visit|go|follow|complete|download|use|read|ask|keep|submit"
    "|sign|register|subscribe|meet|advise|explain|clarify|share|remember|talk|think|help|put|print|fill|plan|consider|include"
)
ASKS = re.compile(
    r"\b(can|could|would|will) you\b|\bdo you (have|offer|support|know|want|mind|need|provide)\b"
    r"|\bplease (do )?(not )?[a-z]+\b|\blet (me|us) know\b|\blet.s\b|\b(i|we) (need|want|would like|.d like) you\b"
    r"|\byou (need to|should|must|have to)\b|\b(do not|don.t) (hesitate|forget)\b|\bfeel free\b|\bif you (could|would|can)\b"
    rf"|(?:^|[.!?:;,]\s+|\n\s*|\b(?:and|then|also|just|so) )(?:{VERBS})\b(?! (?:to you|up was))",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
MAX_CHARS = 4_000


def meaning_of(text: str, *, subject: str = "") -> str:
    """What a reply says: a value of `ReplyClass`; `other` for what no rule knows, nothing included.

    Args:
        text: The writer's own words, without quotations.
        subject: The mail's subject; heeded only where it is a bare wish to unsubscribe.
    """
    beginning = text[:MAX_CHARS]
    if objections.is_objection(beginning, subject=subject):
        return "unsubscribe"
    is_declined = bool(DECLINED.search(beginning) or NOT_INTERESTED.search(beginning))
    if LATER.search(beginning):
        return "not_now"
    if is_declined:
        return "not_interested"
    if INTERESTED.search(beginning):
        return "interested"
    return "question" if asks_a_question(beginning) else "other"


def asks_a_question(text: str) -> bool:
    """Whether the writer asks for something: a question, or a request in so many words."""
    beginning = text[:MAX_CHARS]
    return any(sentence.rstrip(" \"')").endswith("?") for sentence in SENTENCE.split(beginning)) or bool(
        ASKS.search(beginning)
    )
