"""Telling other systems what happened here, signed, until they have heard it. Knows no room above it."""
