"""The wording of the offline teacher's mails, as rules for `grammar`.

Few patterns with many values: a model of a few million parameters is to learn the style from some two hundred mails, so
a sentence of a kind stands in one place of the mail and has a handful of forms. Nearly every sentence mentions a value
of the record, so that few mails share one. Beside the record's own facts they use `seller`, `offered` (the product
sold), `what` (the same with its description), `introduced` (the same where the sentence goes on) and `claim` (one
claim, ready to stand after "that"). No rule but `ask` puts a question or asks for an answer: a mail has one call to
action.
"""

OPENINGS = {
    "open_trigger": (
        "I saw the news from {company}: you {trigger}.",
        "I read the news from {company}: you {trigger}.",
        "There is news from {company}: you {trigger}.",
        "News from {company} reached me: you {trigger}.",
    ),
    "open_pain": (
        "I am writing because people at {company} may know about {pain}.",
        "I gather that people at {company} know about {pain}.",
    ),
    "open_goal": (
        "I understand that people at {company} want to {goal}.",
        "I am writing because people at {company} may want to {goal}.",
    ),
    "open_plain": (
        "I am writing to {company} because of your work in {sector}.",
        "I am writing because teams like yours at {company} plan a lot of work each day.",
    ),
}

OBSERVATIONS = {
    "observe_trigger": (
        "A step like that often leads to {pain}.",
        "A step like that can be hard to plan with {tool}.",
        "That can be a lot for those who plan with {tool}.",
        "In {sector}, a step like that needs a clear plan.",
        "It must keep your team in {city} busy for quite some time.",
        "Your work in {product} may need a clear plan now.",
    ),
    "observe_pain": (
        "It is hard to avoid for those who plan with {tool}.",
        "In {sector}, such things cost time and patience.",
        "In a team of {size} people, such things cost time and patience.",
    ),
    "observe_goal": (
        "It is a long way to go for those who plan with {tool}.",
        "In {sector}, that is a long way to go.",
        "It takes one plan that all can see.",
    ),
    "observe_plain": (
        "In {sector}, a plan is often old before the day is over.",
        "It is hard to see what changed for those who plan with {tool}.",
        "In a team of {size} people, all need one plan that they can trust.",
        "At {company}, as in most places, a plan changes many times a day.",
    ),
}

BRIDGES = {
    "bridge": (
        "{introduced} could help {company} to {goal}.",
        "With {introduced} you could {goal}.",
        "We make {what}, for teams that want to {goal}.",
        "{introduced} gives people in {product} a clear view of the day.",
    ),
    # For a record of which no more is known.
    "bridge_plain": (
        "{introduced} could be one place for all plans at {company}.",
        "We make {what}, for companies such as {company}.",
    ),
}

CLAIMS = {
    "claim": (
        "For your people in {city}, it may help that {claim}.",
        "For your work in {product}, it may help that {claim}.",
        "For a company in {sector}, it may help that {claim}.",
    ),
}

ASKS = {
    "ask": (
        "Would a short call next week about {pain} at {company} suit you?",
        "Could we talk about {pain} in a short call next week?",
        "Do you have time next week for a short call about {pain}?",
        "Could we talk about planning at {company} in a short call next week?",
    ),
}

SUBJECTS = {
    "subject": (
        "Planning at {company}",
        "An idea for {company}",
        "A question for {company}",
        "{company} and {offered}",
    ),
}

# Of a mail that follows up an earlier one.
FOLLOW_UPS = {
    "follow_open": (
        "I wrote to you a few days ago about {offered} for {company} and have not heard back.",
        "A short word on my last mail: it was about {offered} for {company}.",
        "My last mail about {offered} may have come on a busy day at {company}.",
    ),
    "follow_claim": (
        "What I did not say then: {claim}.",
        "One thing I left out is that {claim}.",
        "Perhaps this is more to the point: {claim}.",
    ),
    "follow_plain": (
        "What I did not say then: it is made for people who plan work in {sector}.",
        "What I left out: those who plan in {city} could look at it before anybody else does.",
        "Perhaps this is more to the point: {offered} can be looked at by one small team first.",
    ),
    "follow_ask": (
        "Shall I send you one page on it, or is somebody else at {company} the right person?",
        "Is this of use to you, or should I ask somebody else at {company}?",
        "Would ten minutes on the phone be a better way to see whether it fits?",
    ),
}

RULES = FOLLOW_UPS | OPENINGS | OBSERVATIONS | BRIDGES | CLAIMS | ASKS | SUBJECTS
