"""Where drafts are judged: decks, decisions, preferences, revisions, comments, guidelines."""
