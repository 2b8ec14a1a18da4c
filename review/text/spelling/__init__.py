"""Spelling: words of a language, and the non-words of a text. Pure Python; knows no task and no check."""
