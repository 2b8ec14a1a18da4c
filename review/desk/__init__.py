"""Review desk: decks, decisions, preferences, revisions, comments, guidelines."""
