"""Verbs of studies: register one, carry it on cell by cell, score cells, write the verdict."""
