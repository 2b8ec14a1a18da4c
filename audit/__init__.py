"""Audit trail: who did what and when, append-only, sealed day by day. Stores ids and plain words."""
