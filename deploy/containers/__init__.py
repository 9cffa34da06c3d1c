"""What docker-compose.yml needs beside the images."""
