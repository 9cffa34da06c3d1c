"""Rules, money and state machines; standard library only of the identity service."""
