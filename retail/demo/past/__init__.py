"""The demo company's last days: sales of every kind, and what of them waits for somebody."""
