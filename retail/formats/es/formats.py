"""Numbers as in Mexico and the United States; Django has them as in Spain."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
