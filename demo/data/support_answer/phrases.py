"""Phrases of customers and support of the fictional planning board around the matter itself. Tables only."""

PLANS = ("Team", "Works")
GREETINGS = ("Hi,", "Hello,", "Good morning,", "Dear support,", "Hi there,", "")
MOODS = (
    "This is urgent, our shift plan hangs on it.",
    "No hurry.",
    "We are a little annoyed, to be honest.",
    "I looked in the menus but found nothing.",
    "My boss is asking.",
    "It worked last month.",
    "",
    "",
)
OWN_PLAN = ("We are on {plan}.", "Our plan is {plan}.", "We pay for {plan}, if that matters.")
BYES = ("Thanks", "Thank you very much", "Cheers", "Greetings from the planning office", "")
WHICH_PLAN = (
    "Thank you for writing. Which plan are you on, Team or Works?",
    "Gladly. Could you tell me first whether you have Team or Works?",
    "That depends a little on your plan: is it Team or Works?",
)
PLAN_TOLD = ("It is {plan}.", "{plan}, I think.", "we have {plan}", "{plan}!", "The invoice says {plan}.")
# Unsettled matters: no help page says anything of them.
UNSETTLED = (
    ("Half a year free?", "a competitor offers half a year for free. Will you do the same for us?"),
    ("Link to our machines", "can the board read the counters of our machines by itself?"),
    ("Server in our country", "in which country do you keep our data? Our auditors ask."),
    ("Visit", "could somebody come by and show the board to our night shift?"),
    ("Own colours", "is there a way to have the board in the colours of our firm?"),
    ("Other language", "when will the board speak Latvian?"),
    ("Discount for schools", "we are a training workshop. Do you give schools a lower price?"),
    ("Contract on paper", "our purchasing wants a signed contract on paper. Who sends it?"),
)
CONTACT_PAGES = (
    "What these pages do not settle goes to the service team, which answers within {hours} hours.",
    "For all else there is the service team; it answers within {hours} hours on working days.",
)
THANKS = (
    "thank you for your message.",
    "thank you for writing to us.",
    "thanks for getting in touch.",
    "sorry for the trouble.",
)
PASSED_ON = (
    "Our help pages do not settle this, so I have passed your question to the service team, which answers within {hours} "
    "hours.",
    "I cannot tell you from our help pages. The service team has your question now and answers within {hours} hours.",
    "This is not on our help pages. I would rather not guess: the service team will answer within {hours} hours.",
)
CLOSINGS = (
    "Just reply here if anything is still open.",
    "If that does not help, write again and we look into it together.",
    "Please let us know if it works.",
    "We are here if something else comes up.",
)
