"""The demo companies: fixed, documented credentials and a small register, so that a first try needs nothing.

| | Netvisor | Procountor |
|---|---|---|
| address | http://HOST:PORT/netvisor | http://HOST:PORT/procountor/api |
| credentials | see NETVISOR below | see PROCOUNTOR below |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from .netvisor import customers, products
from .netvisor.call import Call
from .netvisor.simulator import NetvisorSimulator
from .procountor.simulator import ProcountorSimulator

NETVISOR: Mapping[str, Mapping[str, str]] = {
    "demo": {
        "organisation_id": "1234567-1",
        "partner_id": "Urakka_Demo_Partner",
        "partner_key": "demo-partner-key",
        "customer_id": "Urakka_Demo_User",
        "customer_key": "demo-customer-key",
    },
    "demo2": {
        "organisation_id": "2345678-0",
        "partner_id": "Urakka_Demo_Partner",
        "partner_key": "demo-partner-key",
        "customer_id": "Urakka_Demo_User_2",
        "customer_key": "demo-customer-key-2",
    },
}

PROCOUNTOR: Mapping[str, Mapping[str, str]] = {
    "demo": {
        "client_id": "urakka-demo",
        "client_secret": "demo-client-secret",
        "api_key": "demo-api-key",
    },
    "demo2": {
        "client_id": "urakka-demo-2",
        "client_secret": "demo-client-secret-2",
        "api_key": "demo-api-key-2",
    },
}

_CUSTOMERS = (
    ("1", "Testiasiakas Oy", "1234567-1", "Testikatu 1", "00100", "Helsinki"),
    ("2", "Malliyritys Oy", "2345678-0", "Mallitie 2", "33100", "Tampere"),
)
_PRODUCTS = (("Testi", "Testituote", "100,00", "kpl"), ("TYO", "Asennustyö", "68,00", "h"))


def seed(netvisor: NetvisorSimulator, procountor: ProcountorSimulator) -> None:
    """Make the demo companies that are not there yet; those kept from an earlier run are left alone."""
    for company_id, credentials in NETVISOR.items():
        if company_id not in netvisor.ids():
            netvisor.create({"id": company_id, "name": f"Demo {company_id} Oy", "credentials": credentials})
            _fill_netvisor(netvisor, company_id)
    for company_id, credentials in PROCOUNTOR.items():
        if company_id not in procountor.ids():
            procountor.create({"id": company_id, "name": f"Demo {company_id} Oy", "credentials": credentials})


def _fill_netvisor(simulator: NetvisorSimulator, company_id: str) -> None:
    company = simulator.company(company_id)

    def call(body: str) -> Call:
        return Call(company, {"method": "add"}, body.encode(), "FI", "", datetime.now(UTC))

    for code, name, business_id, street, postcode, city in _CUSTOMERS:
        customers.write(
            call(
                "<root><customer><customerbaseinformation>"
                f"<internalidentifier>{code}</internalidentifier>"
                f"<externalidentifier>{business_id}</externalidentifier><name>{name}</name>"
                f"<streetaddress>{street}</streetaddress><city>{city}</city><postnumber>{postcode}</postnumber>"
                '<country type="ISO-3166">FI</country><isactive>1</isactive>'
                "</customerbaseinformation></customer></root>"
            )
        )
    for code, name, price, unit in _PRODUCTS:
        products.write(
            call(
                "<root><product><productbaseinformation>"
                f"<productcode>{code}</productcode><productgroup>Demo</productgroup><name>{name}</name>"
                f'<unitprice type="net">{price}</unitprice><unit>{unit}</unit>'
                "<isactive>1</isactive><issalesproduct>1</issalesproduct></productbaseinformation>"
                "<productbookkeepingdetails><defaultvatpercentage>25,5</defaultvatpercentage>"
                "</productbookkeepingdetails></product></root>"
            )
        )
