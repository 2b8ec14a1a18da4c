"""Demo encoder: a small encoder of six languages for label tasks, its pre-training and its weights."""
