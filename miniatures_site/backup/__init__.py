"""Backups of an installation: its database, its artefacts and a manifest that both are held against."""
