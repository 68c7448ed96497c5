"""The check of the demonstration that ``make demo CHECK=1`` ends with.

It does the main job over HTTP, as the web client does, by three people with only their own rights:
a salesperson sells, a storekeeper ships, a service agent takes the call and repairs.
"""

import json
import time
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar

from .console import Problem, say


class Session:
    """One person at one browser."""

    def __init__(self, base_url: str, database: str, login: str) -> None:
        self._base_url = base_url
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._post("/web/session/authenticate", {"db": database, "login": login, "password": login})

    def call(self, model: str, method: str, *args, **kwargs):
        """Call a public method as the web client does; raises Problem with Odoo's own words."""
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def create(self, model: str, **values) -> int:
        return self.call(model, "create", [values])[0]

    def read(self, model: str, record: int, *names: str) -> dict:
        return self.call(model, "read", [record], list(names))[0]

    def search(self, model: str, *domain, **kwargs) -> list[int]:
        return self.call(model, "search", list(domain), **kwargs)

    def _post(self, path: str, params: dict):
        request = urllib.request.Request(
            self._base_url + path,
            json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            {"Content-Type": "application/json"},
        )
        with self._browser.open(request, timeout=120) as response:
            answer = json.load(response)
        if "error" in answer:
            error = answer["error"].get("data", answer["error"])
            raise Problem(f"{path}: {error.get('message') or error}")
        return answer.get("result")


class MainJob:
    """From a quotation to the repaired machine; every step returns what a person would see."""

    def __init__(self, base_url: str, database: str) -> None:
        self.sales = Session(base_url, database, "sales")
        self.store = Session(base_url, database, "store")
        self.service = Session(base_url, database, "service")
        self.serial = f"CHECK-{int(time.time())}"

    def run(self) -> list[tuple[str, str, str]]:
        """Do every step in turn: (who, what, what came of it)."""
        steps: list[tuple[str, str, Callable[[], str]]] = [
            ("sales", "quote a pump whose category carries a plan", self._quote),
            ("sales", "confirm the order", self._confirm),
            ("store", "put one pump on the shelf", self._stock),
            ("store", "deliver its serial", self._deliver),
            ("service", "scan the serial", self._scan),
            ("service", "judge human damage", self._judge_damage),
            ("service", "judge a quality fault again", self._judge_quality),
            ("service", "make the repair", self._repair),
            ("service", "quote two seals", self._price),
            ("service", "finish repair and request", self._finish),
            ("service", "read the timeline", self._timeline),
        ]
        return [(who, what, step()) for who, what, step in steps]

    # --- sales ---

    def _quote(self) -> str:
        self.pump = _only(self.sales.search("product.product", ("name", "like", "Pump P200")))
        customer = _only(self.sales.search("res.partner", ("name", "=", "Harbour Hotel")))
        line = {"product_id": self.pump, "product_uom_qty": 1}
        self.order = self.sales.create("sale.order", partner_id=customer, order_line=[(0, 0, line)])
        self.line = _only(self.sales.search("sale.order.line", ("order_id", "=", self.order)))
        terms = self.sales.read("sale.order.line", self.line, "aftersales_terms")
        return _expect(terms["aftersales_terms"], "6 years, from: Shipping")

    def _confirm(self) -> str:
        self.sales.call("sale.order", "action_confirm", [self.order])
        order = self.sales.read("sale.order", self.order, "name", "state")
        _expect(order["state"], "sale")
        return order["name"]

    # --- store ---

    def _stock(self) -> str:
        self.lot = self.store.create("stock.lot", name=self.serial, product_id=self.pump)
        shelf = _only(
            self.store.search("stock.location", ("usage", "=", "internal"), limit=1, order="id")
        )
        quant = self.store.create(
            "stock.quant", product_id=self.pump, location_id=shelf, lot_id=self.lot, quantity=0
        )
        self.store.call("stock.quant", "write", [quant], {"inventory_quantity": 1})
        self.store.call("stock.quant", "action_apply_inventory", [quant])
        return self.serial

    def _deliver(self) -> str:
        picking = _only(self.store.search("stock.picking", ("sale_id", "=", self.order)))
        move = _only(self.store.search("stock.move", ("picking_id", "=", picking)))
        self.store.call(
            "stock.move", "write", [move], {"lot_ids": [(6, 0, [self.lot])], "picked": True}
        )
        self.store.call("stock.picking", "button_validate", [picking])
        self.unit = _only(self.store.search("aftersales.unit", ("lot_id", "=", self.lot)))
        unit = self.store.read("aftersales.unit", self.unit, "coverage_sentence")
        return _expect(unit["coverage_sentence"], "Covered: Warranty")

    # --- service ---

    def _scan(self) -> str:
        self.request = self.service.create(
            "aftersales.request", title="Leaks", serial=self.serial.lower(), channel="scan"
        )
        request = self.service.read(
            "aftersales.request", self.request, "unit_id", "coverage_sentence", "claim_ids"
        )
        _expect(str(request["unit_id"][0]), str(self.unit))
        self.claim = _only(request["claim_ids"])
        return _expect(request["coverage_sentence"], "Covered: Warranty")

    def _judge(self, cause: str, result: str) -> str:
        found = _only(self.service.search("aftersales.cause", ("name", "=", cause)))
        self.service.call("aftersales.request", "write", [self.request], {"cause_id": found})
        claim = self.service.read("aftersales.claim", self.claim, "result", "reason_text")
        _expect(claim["result"], result)
        return claim["reason_text"]

    def _judge_damage(self) -> str:
        return self._judge("Human damage", "not_covered")

    def _judge_quality(self) -> str:
        return self._judge("Quality: material, manufacture or assembly", "covered")

    def _repair(self) -> str:
        action = self.service.call("aftersales.request", "action_create_repair", [self.request])
        self.repair = action["res_id"]
        seal = _only(self.service.search("product.product", ("name", "like", "Seal")))
        part = {"product_id": seal, "product_uom_qty": 1, "repair_line_type": "add"}
        self.service.call("repair.order", "write", [self.repair], {"move_ids": [(0, 0, part)]})
        self.part = _only(self.service.search("stock.move", ("repair_id", "=", self.repair)))
        return self.service.read("repair.order", self.repair, "name")["name"]

    def _price(self) -> str:
        self.service.call("repair.order", "action_create_sale_order", [self.repair])
        self.service.call("stock.move", "write", [self.part], {"product_uom_qty": 2})
        part = self.service.read(
            "stock.move", self.part, "aftersales_charge", "aftersales_price_unit"
        )
        _expect(f"{part['aftersales_price_unit']:.2f}", "0.00")
        return f"{part['aftersales_charge']}, {part['aftersales_price_unit']:.2f} each"

    def _finish(self) -> str:
        for method in ("action_validate", "action_repair_start", "action_repair_end"):
            self.service.call("repair.order", method, [self.repair])
        _expect(self.service.read("repair.order", self.repair, "state")["state"], "done")
        for method in ("action_resolve", "action_close"):
            self.service.call("aftersales.request", method, [self.request])
        return self.service.read("aftersales.request", self.request, "state")["state"]

    def _timeline(self) -> str:
        unit = self.service.read("aftersales.unit", self.unit, "timeline_html")
        for words in ("Delivered", "Reported: Leaks", "Repaired", "Resolved: Leaks"):
            _expect(unit["timeline_html"], words)
        return f"{unit['timeline_html'].count('<li')} events"


def _only(found: list[int]) -> int:
    if len(found) != 1:
        raise Problem(f"Expected one record, found {len(found)}")
    return found[0]


def _expect(text: str, part: str) -> str:
    if part not in str(text):
        raise Problem(f"Expected “{part}”, found “{text}”")
    return str(text)


def main(base_url: str, database: str) -> int:
    """Check the demonstration served at ``base_url``, print a table, return the exit status."""
    rows = MainJob(base_url, database).run()
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for who, what, outcome in rows:
        say(f"{who:<{widths[0]}}  {what:<{widths[1]}}  {outcome.splitlines()[0]}")
    say(f"{len(rows)} passed, 0 failed")
    return 0
