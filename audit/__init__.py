"""Who did what and when: an append-only trail, sealed day by day. It stores ids and plain words, and knows no room."""
