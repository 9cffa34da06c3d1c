"""Netvisor: signed XML over HTTPS."""
