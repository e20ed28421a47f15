"""The API of readers, and of payments on them."""
