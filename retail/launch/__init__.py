"""`make run`: everything a person needs to sell something, started by one command."""
