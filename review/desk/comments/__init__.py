"""Comments on drafts, and mentions of members in them."""
