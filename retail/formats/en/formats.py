"""As our own pages say it: Django's "8:37 a.m." names no zone."""

DATETIME_FORMAT = "M j, Y, H:i T"
