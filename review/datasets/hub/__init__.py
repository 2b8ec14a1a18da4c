"""Sending to a hub: the engines that send frozen versions and models, and what crosses to them.

Pure Python, no Django.
"""
