"""Campaigns: what is heard of mails, how often they move on, and at what they stop by themselves."""

from __future__ import annotations

from miniatures_site.settings import env

# Providers whose webhooks are heard, and the key that signs webhooks in our own form (else derived from SECRET_KEY).
INBOUND_PROVIDERS = env.words("INBOUND_PROVIDERS")
INBOUND_KEY = env.text("INBOUND_KEY")
INBOUND_TOLERANCE_S = env.number("INBOUND_TOLERANCE_S", 300, minimum=1)
# A click sooner than this after its mail was sent is taken for a scanner's.
CLICK_TOO_SOON_S = env.number("CLICK_TOO_SOON_S", 3, minimum=0)
# How often campaigns are moved on, beside whenever something rings for them.
CAMPAIGN_TICK_S = env.number("CAMPAIGN_TICK_S", 3, minimum=0.1)
# Shares of mails sent at which a campaign pauses itself, where it names none of its own.
GUARDRAIL_COMPLAINTS = env.number("GUARDRAIL_COMPLAINTS", 0.001, minimum=0.000001, maximum=0.25)
GUARDRAIL_BOUNCES = env.number("GUARDRAIL_BOUNCES", 0.04, minimum=0.000001, maximum=0.25)
GUARDRAIL_UNSUBSCRIBES = env.number("GUARDRAIL_UNSUBSCRIBES", 0.02, minimum=0.000001, maximum=0.25)
# At most so many first mails in so many days, whatever the campaign or task; 0: any number.
FIRST_MAIL_DAYS = env.number("FIRST_MAIL_DAYS", 91, minimum=1)
FIRST_MAILS_PER_CONTACT = int(env.number("FIRST_MAILS_PER_CONTACT", 1))
FIRST_MAILS_PER_COMPANY = int(env.number("FIRST_MAILS_PER_COMPANY", 0))
# Resolver that the checks of senders' domains ask, as 10.0.0.2:53; empty: the system's.
DNS_SERVER = env.text("DNS_SERVER")
# For so long after a person's last reply no other campaign begins to write to them; 0: it may at once.
CONVERSATION_DAYS = env.number("CONVERSATION_DAYS", 30)
# How long a sender stays for more after the last due mail.
CAMPAIGN_LINGER_S = env.number("CAMPAIGN_LINGER_S", 10, minimum=0)
