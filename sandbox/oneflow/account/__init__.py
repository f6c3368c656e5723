"""What a Oneflow account holds, and what can happen in it."""
