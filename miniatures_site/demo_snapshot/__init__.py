"""The demo as a backup that is shipped: made once by its loaders, restored on a first start."""
