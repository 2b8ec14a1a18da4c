"""Lines of the log: what a request or job adds to each, and how they are written without secrets.

Knows no Django: engines write them too.
"""
