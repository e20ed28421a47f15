"""Random walks through everything that can happen at a counter; CONTRIBUTING.md, "Walks".

One module of rules per story; `Walk` in tests/proof/test_walks.py puts them together.
"""
