"""discover → validate → load → compile → store → switch → swap → observe: one module each."""
