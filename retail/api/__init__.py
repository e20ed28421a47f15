"""What every endpoint shares and only the project decides: who asks, errors, the schema."""
