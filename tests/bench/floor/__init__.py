"""The floor: what the durable steps of "approve → accepted" cost when they are written by hand.

Plain psycopg, plain pika, http.server and http.client; no framework, no ORM, no schemas, no authentication, no metrics,
no logs, no traces, no leases, no look-ups. Its ratio to the product says what the product's comforts cost.

For each order, in the product's own tables (made by its migrations, with its indexes and policies), so that both write
the same columns into the same places:

1. `POST /approve/<id>` (process `api`): one transaction reads order and rows, updates the order, inserts the outbox
   row.
2. Relay (process `orders`): pending rows in batches of up to 500, confirms of a quorum queue, one UPDATE that marks.
3. Consumer (process `billing`, four lanes): one transaction with inbox row, approved order, ledger rows, batch,
   document, lines and dispatch; acknowledged after the commit.
4. Dispatcher (process `billing`): transaction 1 (state `sending`, attempt, SHA-256 of the bytes); POST of the invoice
   to the same kind of sandbox process, as the product's adapter makes it, signed as the product signs it; one GET that
   reads the invoice back, because the product does too: **two HTTP calls for each document**; transaction 2 (accepted
   with the target's id and number, ledger rows transferred, document and batch on, outbox row).
   One company is called by one sender at a time, since Netvisor demands it.
5. Relay (process `billing`) publishes `document.accepted`; consumer (process `orders`, four lanes): one transaction
   with inbox row, the order's rows marked, the order billed; acknowledged after the commit.

Left out of what the product stores: the audit log, the history of the order and of the dispatch's attempts, and the
`workorder.billed` event at the end. So the floor does a little less than the product has to.
"""
