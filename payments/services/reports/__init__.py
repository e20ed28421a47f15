"""Reports for those who run stores: tables for a page, and lines for a spreadsheet.

A report is a module with `tables` and `lines`, named in `registry`; both take a Scope.
"""
