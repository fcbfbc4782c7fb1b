"""What one connection may do: its bytes, its time, its place among the others."""
