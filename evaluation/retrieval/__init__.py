"""Studies of verifiers over retrieval: claims judged against what is found in stored pages."""
