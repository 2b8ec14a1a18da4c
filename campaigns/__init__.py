"""Campaigns: contacts, the pipeline of small models, sending, what came of it, and experiments."""
