import {expect, test} from "@odoo/hoot";
import {click, queryAllTexts} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {defineModels, fields, models, mountView, onRpc} from "@web/../tests/web_test_helpers";

class Request extends models.Model {
    _name = "aftersales.request";

    alerts = fields.Json();
}
defineMailModels();
defineModels([Request]);

const ALERTS = [
    {kind: "emergency", text: "Emergency"},
    {kind: "handling", text: "Two people"},
    {kind: "stale", text: "Later than told"},
    {kind: "loaner", text: "Loaner"},
];

function show(...alerts) {
    Request._records = [{id: 1, alerts}];
    return mountView({
        type: "form",
        resModel: "aftersales.request",
        resId: 1,
        arch: `<form><field name="alerts" widget="aftersales_alert_strip"/></form>`,
    });
}

test("two are read, the rest is a click away", async () => {
    await show(...ALERTS);
    expect(queryAllTexts(".alert")).toEqual(["Emergency", "Two people"]);
    expect(".alert-danger[role=alert]").toHaveCount(1);
    expect(".o_aftersales_alerts_more").toHaveText("+2");
    expect(".o_aftersales_alerts_more").toHaveAttribute("title", "Later than told\nLoaner");
    await click(".o_aftersales_alerts_more");
    await animationFrame();
    expect(".alert").toHaveCount(4);
    await click(".o_aftersales_alerts_more");
    await animationFrame();
    expect(".alert").toHaveCount(2);
});

test("few alerts need no button", async () => {
    await show(ALERTS[0], ALERTS[3]);
    expect(".alert").toHaveCount(2);
    expect(".o_aftersales_alerts_more").toHaveCount(0);
});

test("an alert leads to what is to be done", async () => {
    onRpc("aftersales.request", "action_promise", ({args}) => {
        expect.step(args[0]);
        return false;
    });
    await show(ALERTS[2]);
    await click(".alert button[name=action_promise]");
    await animationFrame();
    expect.verifySteps([[1]]);
});
