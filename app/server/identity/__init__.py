"""Who is at the other end of a request or socket, and where pages and apps are."""
