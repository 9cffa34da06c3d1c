"""The independent services of Urakka; none imports another."""
