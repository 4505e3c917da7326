"""What follows: pure rooms that never import each other. Each decides from a sight, a memory, a policy and a time."""
