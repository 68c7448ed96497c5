import {beforeEach, expect, test} from "@odoo/hoot";
import {click, queryAllTexts, queryFirst} from "@odoo/hoot-dom";
import {advanceTime, animationFrame, mockDate, mockTimeZone} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    getService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Request extends models.Model {
    _name = "aftersales.request";

    title = fields.Char();
    badge = fields.Json();
}
defineMailModels();
defineModels([Request]);

const NOW = "2026-03-16 10:00:00";

/** Four hours round the clock, of which one has passed. */
function clockOf(id, values) {
    return {
        id,
        milestone: "response",
        label: "First response",
        target: "4 Hours",
        start_event: "Report",
        in_days: false,
        day_seconds: 86400,
        state: "running",
        urgency: "ok",
        deadline: "2026-03-16 13:00:00",
        start: "2026-03-16 09:00:00",
        met: false,
        paused_since: false,
        paused_until: false,
        reason: "",
        pauses: 0,
        paused: 0,
        budget: 14400,
        left: 10800,
        slices: null,
        tz: "UTC",
        policy: "Promise",
        error: "",
        watch_percent: 50,
        risk_percent: 75,
        risk_minutes: 30,
        ...values,
    };
}

function show(...clocks) {
    Request._records = clocks.map((clock) => ({
        id: clock.id,
        title: "Leaks",
        badge: {now: NOW, clocks: [clock]},
    }));
}

async function mountList() {
    await mountView({
        type: "list",
        resModel: "aftersales.request",
        arch: `<list><field name="badge" widget="sla_badge" /></list>`,
    });
}

beforeEach(() => {
    onRpc("has_group", () => true);
    mockTimeZone(0);
    mockDate(NOW);
});

test("every state has its words, its icon and its colour", async () => {
    const monday = [["2026-03-16 13:00:00", "2026-03-16 17:00:00"]];
    show(
        clockOf(1),
        clockOf(2, {left: 7200 - 1}),
        clockOf(3, {left: 3600 - 1}),
        clockOf(4, {left: -5400, deadline: "2026-03-16 08:30:00"}),
        clockOf(5, {state: "paused", reason: "Waiting for parts", left: 7000}),
        clockOf(6, {slices: monday, deadline: "2026-03-16 16:00:00"}),
        clockOf(7, {state: "met", left: 1200}),
        clockOf(8, {state: "failed", left: -7200}),
        clockOf(9, {state: "cancelled"}),
        clockOf(10, {state: "waiting", deadline: false, start: false, left: 0}),
        clockOf(11, {state: "waiting", error: "No hours"}),
        clockOf(12, {in_days: true, day_seconds: 28800, left: 100800, budget: 144000}),
    );
    await mountList();
    expect(queryAllTexts(".o_sla_badge")).toEqual([
        "3h left",
        "1h 59m left",
        "59m left",
        "Overdue 1h 30m",
        "Paused · Waiting for parts",
        "Resumes Mon 13:00",
        "Met in 3h 40m",
        "Met 2h late",
        "Replaced",
        "Not started",
        "Does not run",
        "3d 4h left",
    ]);
    const classes = [...document.querySelectorAll(".o_sla_badge")];
    expect(classes[0]).toHaveClass("text-bg-success");
    expect(classes[1]).toHaveClass("text-bg-warning");
    expect(classes[2]).toHaveClass("o_sla_risk");
    expect(classes[3]).toHaveClass("text-bg-danger");
    expect(classes[4]).toHaveClass("o_sla_outline_warning");
    expect(classes[5]).toHaveClass(["text-bg-success", "o_sla_off"]);
    expect(classes[5]).toHaveStyle({opacity: "0.6"});
    expect(".o_sla_badge .fa").toHaveCount(12);
});

test("white on the orange of a risk can be read", async () => {
    show(clockOf(1, {left: 60}));
    await mountList();
    const {color, backgroundColor} = getComputedStyle(queryFirst(".o_sla_risk"));
    const luminance = (colour) => {
        const [red, green, blue] = colour.match(/\d+/g).map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (luminance(color) + 0.05) / (luminance(backgroundColor) + 0.05);
    expect(contrast).toBeGreaterThan(4.5);
});

test("badges count on together, on one timer, until they are late", async () => {
    show(clockOf(1), clockOf(2, {left: 61, deadline: "2026-03-16 10:01:01"}));
    await mountList();
    expect(queryAllTexts(".o_sla_badge")).toEqual(["3h left", "1m left"]);
    await advanceTime(60000);
    await animationFrame();
    expect(queryAllTexts(".o_sla_badge")).toEqual(["2h 59m left", "<1m left"]);
    await advanceTime(60000);
    await animationFrame();
    expect(queryAllTexts(".o_sla_badge")).toEqual(["2h 58m left", "Overdue <1m"]);
    expect(".o_sla_badge:last").toHaveClass("text-bg-danger");
    expect(getService("aftersales_sla_clock").pulse.count).toBe(2);
});

test("a computer with a wrong clock shows the same", async () => {
    mockDate("2026-03-17 03:30:00");
    show(clockOf(1));
    await mountList();
    expect(".o_sla_badge").toHaveText("3h left");
    await advanceTime(600000);
    await animationFrame();
    expect(".o_sla_badge").toHaveText("2h 50m left");
});

test("the tooltip: target, due here and there, pauses, policy", async () => {
    show(clockOf(1, {tz: "Asia/Shanghai", pauses: 2, paused: 12000}));
    await mountList();
    const info = queryFirst(".o_sla_badge").dataset.tooltipInfo;
    expect(JSON.parse(info).lines).toEqual([
        "First response: 4 Hours",
        "Due Mon, Mar 16, 2026, 13:00 (your time, UTC)",
        "Due Mon, Mar 16, 2026, 21:00 (Asia/Shanghai)",
        "Paused so far: 3h 20m (2×)",
        "Policy: Promise",
    ]);
});

test("where only open clocks are wanted, met ones leave the cell empty", async () => {
    show(clockOf(1, {state: "met"}));
    await mountView({
        type: "list",
        resModel: "aftersales.request",
        arch: `<list><field name="badge" widget="sla_badge" options="{'open_only': True}" /></list>`,
    });
    expect(".o_sla_badge").toHaveCount(0);
});

test("the strip is in the order of time; a chip opens why", async () => {
    const rows = [
        {
            kind: "counted",
            start: "2026-03-16 09:00:00",
            end: "2026-03-16 13:00:00",
            seconds: 14400,
            why: "Round the clock",
        },
    ];
    Request._records = [
        {
            id: 1,
            badge: {
                now: NOW,
                clocks: [
                    clockOf(3, {milestone: "resolution", label: "Solution", state: "cancelled"}),
                    clockOf(2, {
                        milestone: "on_site",
                        label: "On site",
                        state: "paused",
                        deadline: false,
                        start: "2026-03-16 08:00:00",
                    }),
                    clockOf(1, {deadline: "2026-03-16 10:30:00"}),
                ],
            },
        },
    ];
    onRpc("get_sla_explanation", ({args}) => {
        expect.step(args[0]);
        return {now: NOW, clocks: [{...clockOf(1), rows}], tried: [["Team: Promise", true]]};
    });
    await mountView({
        type: "form",
        resModel: "aftersales.request",
        resId: 1,
        arch: `<form><field name="badge" widget="sla_strip" /></form>`,
    });
    expect(queryAllTexts(".o_sla_chip > span:first-child")).toEqual([
        "First response",
        "On site",
        "Solution",
    ]);
    expect(".o_sla_chip:last > span:first-child").toHaveClass("text-decoration-line-through");
    await click(".o_sla_chip");
    await animationFrame();
    expect.verifySteps([1]);
    expect(".modal .o_sla_rows tbody tr").toHaveCount(1);
    expect(".modal .o_sla_sum").toHaveText("4:00");
    expect(".modal tfoot tr").toHaveText(/The target: 4 Hours/);
    expect(".modal .o_sla_mark").toHaveCount(3);
    expect(".modal .o_sla_why_tried li").toHaveText("Team: Promise");
});

test("without a clock the strip offers to say why", async () => {
    Request._records = [{id: 1, badge: {now: NOW, clocks: []}}];
    onRpc("get_sla_explanation", () => ({
        now: NOW,
        clocks: [],
        tried: [["Company: no policy is chosen there", false]],
    }));
    await mountView({
        type: "form",
        resModel: "aftersales.request",
        resId: 1,
        arch: `<form><field name="badge" widget="sla_strip" /></form>`,
    });
    await click(".o_sla_why_none");
    await animationFrame();
    expect(".modal-title").toHaveText("Why is there no SLA?");
    expect(".modal .o_sla_why_tried li").toHaveText("Company: no policy is chosen there");
});
