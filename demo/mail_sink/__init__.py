"""A mail server for one machine that delivers nothing: it keeps what it gets, and hands answers on as a webhook.

For development, the demo and drills. Plain Python: it starts in a fraction of a second and knows neither rows nor
Django.
"""
