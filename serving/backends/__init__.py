"""Servers of the field behind our own wire: a relay that queues and limits, and the backends it asks."""
