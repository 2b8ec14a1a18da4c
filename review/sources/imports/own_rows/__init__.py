"""A task made of twenty rows somebody has.

What was pasted as a file, what its columns hold, and the task that is proposed.

Pure Python. Reads a few rows and proposes; what is made of it is up to the pages.
"""
