"""PostgreSQL and Redis as children of our own, for `make run` and `make test`.

Nothing here imports Django: a launcher starts the database before anything needs settings.
"""
