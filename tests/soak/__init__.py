"""Many tills sell at once while everything around them breaks, and no promise may be broken.

`make soak SALES=500` runs it with servers of its own; `tests/proof/test_soak.py` is a short one.
`plan` says who buys what and what will go wrong, `till` and `journeys` are the people, `trouble`
breaks things, `watch` looks that all promises hold, and `report` says what was seen. All that is
drawn by lot follows from the seed; what the threads of a busy machine make of it does not.
"""
