"""What is known of the variables of Network UPS Tools, as data."""
