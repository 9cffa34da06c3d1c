"""A simulated Netvisor: `<name>.nv` resources, MAC authentication, XML envelope, sales register."""
