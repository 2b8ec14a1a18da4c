"""The admin's page: what an operator would otherwise sign in to a host for."""
