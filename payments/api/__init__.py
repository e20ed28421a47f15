"""The API of payments that needs no reader; the rest is in terminal.api."""
