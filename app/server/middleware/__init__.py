"""What every request passes before a route: headers, limits, who is not signed in yet."""
