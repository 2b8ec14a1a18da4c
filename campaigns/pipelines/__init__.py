"""Pipelines: the stages that prepare, write and check a campaign's mails."""
