"""Components of the core's own pages: icons, and times as whoever looks has them."""
