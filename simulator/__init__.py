"""A local Stripe with simulated readers: a separate program that speaks Stripe's HTTP API."""
