"""Cards: drafts as the desk paints them."""
