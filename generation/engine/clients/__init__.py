"""Clients of teachers: one module a provider, all with the same two verbs."""

from generation.engine.clients.factory import open_client
from generation.engine.clients.interface import CallError, Client, Question, Reply

__all__ = ["CallError", "Client", "Question", "Reply", "open_client"]
