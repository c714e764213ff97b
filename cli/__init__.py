"""What people type. The one place that may import everything; heavy imports stay inside functions."""
