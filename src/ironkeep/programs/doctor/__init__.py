"""What `ironkeep doctor` looks at: this machine, the data folder, the record in it, the processes that run on it."""
