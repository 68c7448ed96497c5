import {expect, test} from "@odoo/hoot";
import {click, queryAllTexts} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";

class Cause extends models.Model {
    _name = "aftersales.cause";

    name = fields.Char();

    _records = [{id: 7, name: "Quality"}];
}

class Remedy extends models.Model {
    _name = "aftersales.remedy";

    name = fields.Char();

    _records = [
        {id: 1, name: "Part replaced"},
        {id: 2, name: "Adjusted"},
    ];
}

class Repair extends models.Model {
    _name = "repair.order";

    aftersales_claim_state = fields.Char();
    aftersales_cause_id = fields.Many2one({relation: "aftersales.cause"});
    aftersales_remedy_id = fields.Many2one({relation: "aftersales.remedy"});
    aftersales_suggestions = fields.Json();
}
defineMailModels();
defineModels([Cause, Remedy, Repair]);

const KNOWN = {
    cause: [{id: 7, name: "Quality", count: 15, held: 14, total: 15}],
    remedy: [
        {id: 1, name: "Part replaced", count: 12, held: 11, total: 15},
        {id: 2, name: "Adjusted", count: 3, held: 3, total: 15},
    ],
};

async function show(values) {
    Repair._records = [{id: 1, aftersales_suggestions: KNOWN, ...values}];
    await mountView({
        type: "form",
        resModel: "repair.order",
        resId: 1,
        arch: `<form>
            <field name="aftersales_claim_state" invisible="1"/>
            <field name="aftersales_cause_id"/>
            <field name="aftersales_remedy_id"/>
            <field name="aftersales_suggestions" widget="aftersales_suggestions"/>
        </form>`,
    });
}

test("one click takes a suggestion over", async () => {
    await show({});
    expect(queryAllTexts("[data-kind=remedy] button")).toEqual([
        "12 of 15Part replaced",
        "3 of 15Adjusted",
    ]);
    expect("[data-kind=remedy] button:first").toHaveAttribute(
        "title",
        "11 of these 12 did not come back",
    );
    await click("[data-kind=remedy] button:first");
    await animationFrame();
    expect("[name=aftersales_remedy_id] input").toHaveValue("Part replaced");
    expect("[data-kind=remedy] button:first").toHaveAttribute("aria-pressed", "true");
    await click("[data-kind=cause] button");
    await animationFrame();
    expect("[name=aftersales_cause_id] input").toHaveValue("Quality");
});

test("a decided claim keeps its cause, what was done may still be said", async () => {
    await show({aftersales_claim_state: "decided"});
    expect("[data-kind=cause] button").not.toBeEnabled();
    expect("[data-kind=remedy] button:first").toBeEnabled();
});

test("nothing is shown where nothing is known", async () => {
    await show({aftersales_suggestions: {cause: [], remedy: []}});
    expect("[data-kind]").toHaveCount(0);
});
