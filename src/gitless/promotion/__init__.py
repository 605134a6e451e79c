"""Channels and the tags around them: which tags exist, who may write them, and which way a channel may move."""
