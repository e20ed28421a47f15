"""The API of stores, and what the views of all apps are made from."""
