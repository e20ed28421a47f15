"""Django puts nothing between the date and the hour."""

DATETIME_FORMAT = "j F Y \\à H:i"
