"""What `doctor` and `probe` both look at, and how it is told."""
