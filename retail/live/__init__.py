"""Live updates: the Payment and Reader resources of the API, sent when they change.

Asynchronous all the way: one listening connection per process, no database connection and no
thread per client. docs/api.md, "Live".
"""
