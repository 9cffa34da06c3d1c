"""A simulated Procountor: OAuth2 token by API key, JSON resources, sales register."""
