"""What goes in and out over HTTP, by resource. Form is checked here, meaning in the domain."""
