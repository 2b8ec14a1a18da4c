"""The statistics of an experiment: plans, intervals, verdicts and money, from plain counts and arrays.

Pure functions over frozen dataclasses. Nothing here knows Django, a model, a mail or a member.
"""
