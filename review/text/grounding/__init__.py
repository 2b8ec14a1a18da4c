"""Grounding of texts: passages, attribution, and the spans to draw."""
