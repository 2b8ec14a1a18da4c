"""Service tokens: programs of one task, which outlive whoever set them up.

A token acts as a program, a `Member` that is no person: it has no password, stands in no list of people and judges
nothing. Its role in the task, the scopes of its token and the rule that it reaches no other task hold it.
"""
