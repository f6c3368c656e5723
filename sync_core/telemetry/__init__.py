"""What makes the app observable from outside: one id through everything, and measures. Standard library only."""
