"""What a system customizer works with: publishers, solutions, steps, Custom APIs, web resources, roles."""
