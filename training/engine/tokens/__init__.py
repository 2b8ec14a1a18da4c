"""Token ids of a dataset: made in batches, kept in files that several runs share, read as they are needed."""
