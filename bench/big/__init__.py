"""A database as a large company has it after a year: `make big-data`, `make bench-admin`."""
