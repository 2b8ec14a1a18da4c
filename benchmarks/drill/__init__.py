"""Fault drills on several hosts of one machine: `python -m benchmarks.drill order`, or `make drill NAME=order`."""
