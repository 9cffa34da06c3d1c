"""The catalogue of events: one folder for each type and major version.

`<type>/event.json`      who publishes it, what it means, which queues must receive it, schema version
`<type>/schema.json`     JSON Schema 2020-12 of the event's `data`
`<type>/samples/*.json`  golden samples: whole CloudEvents as they travel; once released, never changed
"""

from shared.bus.catalogue.loader import Catalogue, EventType, Sample, default_catalogue, load_catalogue

__all__ = ["Catalogue", "EventType", "Sample", "default_catalogue", "load_catalogue"]
