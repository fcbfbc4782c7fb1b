"""What happens on a node, for metrics, charts, lists of errors and logs."""
