"""Notify other systems of events by signed requests, repeated until they confirm."""
