"""How properties are tested here: without a time limit per example, which a busy machine would break by chance."""

from hypothesis import HealthCheck, settings

settings.register_profile("billing", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("billing")
