"""What Stripe promises, read from the official SDK alone, and held against the simulator."""
