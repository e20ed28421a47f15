"""The demo company: what a newcomer finds after the first start."""
