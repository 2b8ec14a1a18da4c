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
        "I saw that {company} {trigger}.",
        "I read that {company} {trigger}.",
        "I heard that {company} {trigger}, and I thought of your work as {role}.",
        "I noticed that {company} {trigger}, and I thought of your team in {sector}.",
        "Since {company} {trigger}, your days as {role} must be full.",
        "Since {company} {trigger}, there must be more to plan each day.",
    ),
    "open_pain": (
        "As {role} at {company}, you probably know about {pain}.",
        "I gather that {company} has to live with {pain}.",
        "Many teams in {sector} struggle with {pain}, and I wondered how {company} sees it.",
    ),
    "open_goal": (
        "I understand that {company} wants to {goal}.",
        "As {role} at {company}, you have a clear goal: {goal}.",
    ),
    "open_plain": (
        "I am writing to {company} because of your work in {sector}.",
        "As {role} at {company}, you have many plans to keep in step.",
        "I am writing because teams like yours at {company} plan a lot of work each day.",
    ),
}

OBSERVATIONS = {
    "observe_trigger": (
        "A step like that often brings {pain}, and {tool} may not be enough.",
        "With {tool} as the main plan, that can soon mean {pain}.",
        "In {sector}, a change like that often brings {pain}.",
        "With {size} people to plan for, {tool} may not be enough.",
        "When so much moves at once, {tool} may not be enough for your team in {city}.",
        "For a company in {sector}, such a change needs a clear plan.",
    ),
    "observe_pain": (
        "It gets no easier after you {trigger}.",
        "With {tool} as the main plan, that is hard to avoid.",
        "For a team of {size}, this can eat up hours every week.",
        "In {city} or anywhere else, such things cost time and patience.",
        "For people who work in {product}, time lost this way is hard to win back.",
        "At {company} it may cost more time than it should.",
    ),
    "observe_goal": (
        "What stands in the way is often {pain}.",
        "With {tool} that is a long way to go.",
        "In {sector} that is a long way to go.",
        "At {company} it will take one plan that all can see.",
    ),
    "observe_plain": (
        "In {sector}, a plan is often old before the day is over.",
        "With {tool} it is hard to see what changed.",
        "A team of {size} needs one plan that all can trust.",
        "At {company}, as in most places, a plan changes many times a day.",
    ),
}

BRIDGES = {
    "bridge": (
        "{introduced} could help you to {goal}.",
        "With {introduced} you could {goal}.",
        "{seller} makes {what}, for teams that want to {goal}.",
        "{introduced} gives people in {product} a clear view of the day.",
    ),
    # For a record of which no more is known.
    "bridge_plain": (
        "{introduced} could be one place for all plans at {company}.",
        "{seller} makes {what}, for companies such as {company}.",
    ),
}

CLAIMS = {
    "claim": (
        "For a team of {size}, it may help that {claim}.",
        "For your people in {city}, it may help that {claim}.",
        "As {role}, you may like to know that {claim}.",
        "In {sector}, it may help that {claim}.",
    ),
}

ASKS = {
    "ask": (
        "Would a short call next week about {pain} suit you?",
        "Could we talk about {pain} in a short call next week?",
        "Would a short call about how to {goal} suit you?",
        "Do you have time next week for a short call about planning at {company}?",
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

RULES = OPENINGS | OBSERVATIONS | BRIDGES | CLAIMS | ASKS | SUBJECTS
