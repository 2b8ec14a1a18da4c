"""Sending frozen versions to a hub: the engine that does it, and what crosses to it. Pure Python, no Django."""
