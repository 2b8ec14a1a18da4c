"""Mail server for development, the demo and drills: stores mails without delivery, and passes answers to a webhook.

Plain Python without Django, so that it starts in a fraction of a second.
"""
