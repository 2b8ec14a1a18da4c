"""What `benchmarks.gpu` measures: one cell a process, so that one that runs out of memory harms no other."""
