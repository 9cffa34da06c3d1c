"""Support for the tests of accounting targets: documents, links in memory, a server that misbehaves on a raw socket."""

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from services.billing.domain.document import Address, Document, DocumentLine, Party, VatLine, new_document_key

CENT = Decimal("0.01")


def a_payer(**changes: object) -> Party:
    """A company that gets e-invoices."""
    payer = Party(
        customer_id="018f0000-0000-7000-8000-000000000001",
        number="1042",
        name="As Oy Esimerkin Haapapiha",
        kind="housing_company",
        business_id="9000011-8",
        vat_number=None,
        address=Address("Haapatie 4 A 12", "02150", "ESPOO", "FI"),
        email="laskut@example.fi",
        language="fi",
        invoice_channel="einvoice",
        einvoice_address="003790000118",
        einvoice_operator="003721291126",
        payment_term_days=14,
    )
    return replace(payer, **changes)  # type: ignore[arg-type]


def a_line(**changes: object) -> DocumentLine:
    """3 h at 45,00 and 25.5 %."""
    line = DocumentLine(
        position=1,
        product_id="018f0000-0000-7000-8000-0000000000aa",
        product_code="HUOLTO",
        product_kind="labour",
        text="Kiinteistönhoitaja, työaika",
        quantity=Decimal("3.000"),
        unit="h",
        unit_price=Decimal("45.0000"),
        discount_percent=Decimal("0.00"),
        vat_class="standard",
        vat_category="S",
        vat_rate_percent=Decimal("25.50"),
        net=Decimal("135.00"),
        vat_share=Decimal("34.43"),
        row_ids=("r1",),
    )
    return replace(line, **changes)  # type: ignore[arg-type]


def a_document(lines: Sequence[DocumentLine] = (), **changes: object) -> Document:
    """A document whose totals follow from its lines."""
    lines = tuple(replace(line, position=i) for i, line in enumerate(lines or (a_line(),), start=1))
    groups: dict[tuple[str, Decimal], list[DocumentLine]] = {}
    for line in lines:
        groups.setdefault((line.vat_category, line.vat_rate_percent), []).append(line)
    vat_lines = tuple(
        VatLine(
            category, rate, sum((x.net for x in of), Decimal("0.00")), sum((x.vat_share for x in of), Decimal("0.00"))
        )
        for (category, rate), of in sorted(groups.items(), key=lambda item: (item[0][0], -item[0][1]))
    )
    net = sum((line.base for line in vat_lines), Decimal("0.00"))
    vat = sum((line.vat for line in vat_lines), Decimal("0.00"))
    document = Document(
        id="018f0000-0000-7000-8000-0000000000d0",
        key=new_document_key(),
        tenant_id="t1",
        payer=a_payer(),
        currency="EUR",
        document_date=date(2026, 3, 2),
        performed_on=date(2026, 2, 27),
        due_date=date(2026, 3, 16),
        references={"order_number": "PO-77", "cost_centre": "4711"},
        lines=lines,
        vat_lines=vat_lines,
        net=net,
        vat=vat,
        gross=net + vat,
        workorder_numbers=("1001", "1002"),
        text_before="",
    )
    return replace(document, **changes)  # type: ignore[arg-type]


def random_document(rng: random.Random, payer: Party | None = None, **changes: object) -> Document:
    """A document with odd cents: quantities of 3, prices of 4 decimals, discounts, returns, two rates.

    Totals are made as the product makes them: line net rounded once, VAT once for each rate and spread over its lines.
    """
    lines: list[DocumentLine] = []
    for number in range(rng.randint(1, 7)):
        quantity = Decimal(rng.randint(1, 20_000)).scaleb(-rng.choice((0, 1, 3))).quantize(Decimal("0.001"))
        quantity = -quantity if lines and rng.random() < 0.2 else quantity
        price = Decimal(rng.randint(1, 2_000_000)).scaleb(-4)
        discount = Decimal(rng.choice((0, 0, 8, 33))).quantize(CENT)
        exact = quantity * price * (100 - discount) / 100
        lines.append(
            a_line(
                product_code=f"P-{rng.randint(1, 9)}",
                text=f"Tuote {number} – ”osa” & työ",
                quantity=quantity,
                unit=rng.choice(("h", "kpl", "m", "km")),
                unit_price=price,
                discount_percent=discount,
                vat_rate_percent=rng.choice((Decimal("25.50"), Decimal("13.50"))),
                net=exact.quantize(CENT, ROUND_HALF_UP),
                row_ids=(f"r{number}",),
            )
        )
    return a_document(_spread(lines), **({"payer": payer} if payer else {}), **changes)


def _spread(lines: Sequence[DocumentLine]) -> list[DocumentLine]:
    left: dict[Decimal, Decimal] = {}
    for line in lines:
        left[line.vat_rate_percent] = left.get(line.vat_rate_percent, Decimal(0)) + line.net
    vat = {rate: (base * rate / 100).quantize(CENT, ROUND_HALF_UP) for rate, base in left.items()}
    result = []
    for index, line in enumerate(lines):
        rate = line.vat_rate_percent
        is_last = all(other.vat_rate_percent != rate for other in lines[index + 1 :])
        share = vat[rate] if is_last else (line.net * rate / 100).quantize(CENT, ROUND_HALF_UP)
        vat[rate] -= share
        result.append(replace(line, vat_share=share))
    return result


@dataclass
class MemoryLinks:
    """A LinkStore in memory."""

    links: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def get(self, kind: str, our_key: str) -> str | None:
        found = self.links.get((kind, our_key))
        return found[0] if found else None

    def put(self, kind: str, our_key: str, target_id: str, matched_by: str) -> None:
        self.links[(kind, our_key)] = (target_id, matched_by)


Reply = bytes | Callable[[socket.socket], None]


def http_reply(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """A whole HTTP answer; `length` lies about the body's length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def reset(connection: socket.socket) -> None:
    """Break the connection off with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def close(_connection: socket.socket) -> None:
    """Close without an answer."""


def hang(connection: socket.socket) -> None:
    """Say nothing until the caller gives up (or ten seconds have passed)."""
    connection.settimeout(10)
    with contextlib.suppress(OSError):
        connection.recv(1)


def trickle(connection: socket.socket) -> None:
    """Send a byte of header now and then, without end; stops when the caller hangs up."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    connection.settimeout(0.1)
    for _ in range(100):
        try:
            if connection.recv(1) == b"":
                return
        except TimeoutError:
            pass
        except OSError:
            return
        try:
            connection.sendall(b"a")
        except OSError:
            return


@dataclass
class FaultServer:
    """Answers the n-th request with the n-th reply; keeps what was asked. Requests beyond the replies are closed."""

    url: str
    replies: list[Reply]
    requests: list[bytes] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The request lines, in order."""
        return [request.split(b"\r\n", 1)[0].decode() for request in self.requests]


@contextlib.contextmanager
def fault_server(*replies: Reply) -> Iterator[FaultServer]:
    """Run a server on a free loopback port for the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        server = FaultServer(f"http://127.0.0.1:{listener.getsockname()[1]}", list(replies))
        thread = threading.Thread(target=_serve, args=(listener, server), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=15)


def _serve(listener: socket.socket, server: FaultServer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(10)
            with contextlib.suppress(OSError):
                request = _read_request(connection)
                number = len(server.requests)
                server.requests.append(request)
                reply = server.replies[number] if number < len(server.replies) else close
                connection.sendall(reply) if isinstance(reply, bytes) else reply(connection)


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("the caller hung up")
    return received


@contextlib.contextmanager
def plain_server(reply: Reply) -> Iterator[int]:
    """Answer the first bytes of one connection, whatever they are, without TLS; gives the port."""

    def run() -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as connection:
            connection.settimeout(5)
            connection.recv(65536)
            connection.sendall(reply) if isinstance(reply, bytes) else reply(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(timeout=15)


def free_port() -> int:
    """A port on which nobody listens (for now)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
