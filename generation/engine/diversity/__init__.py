"""How the drafts of one order come to differ, and how much they do. Pure; knows no provider and no page."""
