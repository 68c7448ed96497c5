import {describe, expect, test} from "@odoo/hoot";
import {
    countBetween,
    countLeft,
    countPaused,
    getRest,
    getStatus,
    getUrgency,
    readInstant,
    readSlices,
    splitLength,
} from "@aftersales_service/sla_badge/sla_time";
import {findMoment, layOut} from "@aftersales_service/sla_strip/sla_bar";

describe.current.tags("headless");

const MONDAY = [
    ["2026-03-16 09:00:00", "2026-03-16 12:00:00"],
    ["2026-03-16 13:00:00", "2026-03-16 17:00:00"],
];
const TUESDAY = [["2026-03-17 09:00:00", "2026-03-17 17:00:00"]];
const HOUR = 3600;

function at(text) {
    return readInstant(`2026-03-${text}:00`);
}

/** A clock of four hours that ran for one of them when the server sent it. */
function clockOf(values) {
    return {
        state: "running",
        deadline: "2026-03-16 13:00:00",
        budget: 4 * HOUR,
        left: 3 * HOUR,
        paused: 0,
        slices: null,
        watch_percent: 50,
        risk_percent: 75,
        risk_minutes: 30,
        error: "",
        ...values,
    };
}

describe("counting", () => {
    test("instants are UTC", () => {
        expect(readInstant("1970-01-02 00:00:01")).toBe(86401000);
        expect(readInstant(false)).toBe(null);
    });

    test("round the clock every second counts", () => {
        expect(countBetween(null, at("16 08:00"), at("17 08:00"))).toBe(24 * HOUR);
        expect(countBetween(null, at("17 08:00"), at("16 08:00"))).toBe(0);
    });

    test("on a calendar only its spans count, lunch and nights left out", () => {
        const slices = readSlices([...MONDAY, ...TUESDAY]);
        expect(countBetween(slices, at("16 08:00"), at("16 09:00"))).toBe(0);
        expect(countBetween(slices, at("16 11:00"), at("16 14:00"))).toBe(2 * HOUR);
        expect(countBetween(slices, at("16 16:30"), at("17 09:15"))).toBe(0.75 * HOUR);
        expect(countBetween([], at("16 08:00"), at("18 08:00"))).toBe(0);
    });

    test("what is left counts on, past the deadline too", () => {
        const sentAt = at("16 10:00");
        expect(countLeft(clockOf(), sentAt, at("16 10:00"))).toBe(3 * HOUR);
        expect(countLeft(clockOf(), sentAt, at("16 12:59"))).toBe(60);
        expect(countLeft(clockOf(), sentAt, at("16 13:00"))).toBe(0);
        expect(countLeft(clockOf(), sentAt, at("16 15:00"))).toBe(-2 * HOUR);
    });

    test("it rests outside working time, and is late at once after a deadline at closing time", () => {
        const clock = clockOf({deadline: "2026-03-16 17:00:00", slices: [...MONDAY, ...TUESDAY]});
        const sentAt = at("16 13:00");
        const left = {...clock, left: 4 * HOUR};
        expect(countLeft(left, sentAt, at("16 17:00"))).toBe(0);
        expect(countLeft(left, sentAt, at("16 17:01"))).toBe(-1);
        expect(countLeft(left, sentAt, at("17 10:00"))).toBe(-HOUR);
    });

    test("beyond the slices what the server said stays", () => {
        const clock = clockOf({deadline: "2026-04-20 17:00:00", slices: [], left: 40 * HOUR});
        expect(countLeft(clock, at("16 10:00"), at("30 10:00"))).toBe(40 * HOUR);
    });

    test("paused, met and waiting clocks stand still", () => {
        for (const state of ["paused", "met", "failed", "waiting", "cancelled"]) {
            expect(countLeft(clockOf({state}), at("16 10:00"), at("16 20:00"))).toBe(3 * HOUR);
        }
    });

    test("a pause grows while it lasts, on working time", () => {
        const clock = clockOf({state: "paused", paused: HOUR, slices: MONDAY});
        expect(countPaused(clock, at("16 10:00"), at("16 14:00"))).toBe(4 * HOUR);
        expect(countPaused({...clock, state: "running"}, at("16 10:00"), at("16 14:00"))).toBe(
            HOUR,
        );
    });
});

describe("urgency", () => {
    test("thresholds of the policy", () => {
        const urgency = (minutes) => getUrgency(clockOf(), minutes * 60);
        expect([240, 121, 120, 61, 60, 0].map(urgency)).toEqual([
            "ok",
            "ok",
            "watch",
            "watch",
            "risk",
            "risk",
        ]);
        expect(getUrgency(clockOf(), -1)).toBe("breached");
    });

    test("the last minutes are a risk, but not all of a short promise", () => {
        const long = clockOf({budget: 100 * HOUR, risk_percent: 100});
        expect(getUrgency(long, 30 * 60 + 1)).toBe("watch");
        expect(getUrgency(long, 30 * 60)).toBe("risk");
        const short = clockOf({budget: 15 * 60});
        expect(getUrgency(short, 15 * 60)).toBe("ok");
    });

    test("it moves on by itself", () => {
        const look = (time) => getStatus(clockOf(), at("16 10:00"), at(time)).look;
        expect(["16 10:00", "16 11:00", "16 12:00", "16 13:00", "16 13:01"].map(look)).toEqual([
            "ok",
            "watch",
            "risk",
            "risk",
            "breached",
        ]);
    });
});

describe("looks", () => {
    test("off hours, with the moment it goes on", () => {
        const clock = clockOf({slices: [...MONDAY, ...TUESDAY], deadline: "2026-03-17 10:00:00"});
        expect(getRest(clock, at("16 12:30"))).toEqual({
            isResting: true,
            resumesAt: at("16 13:00"),
        });
        expect(getRest(clock, at("16 13:00")).isResting).toBe(false);
        expect(getRest(clock, at("18 13:00"))).toEqual({isResting: true, resumesAt: null});
        expect(getStatus(clock, at("16 10:00"), at("16 12:30")).look).toBe("off");
    });

    test("a late clock says so at night, too", () => {
        const clock = clockOf({slices: MONDAY, deadline: "2026-03-16 13:00:00", left: 0});
        expect(getStatus(clock, at("16 13:00"), at("16 20:00")).look).toBe("breached");
    });

    test("an overdue clock that is paused keeps its colour", () => {
        const {look, urgency} = getStatus(clockOf({state: "paused", left: -60}), 0, 0);
        expect([look, urgency]).toEqual(["paused", "breached"]);
    });

    test("what does not run has no urgency", () => {
        for (const state of ["waiting", "met", "failed", "cancelled"]) {
            const {look, urgency} = getStatus(clockOf({state, left: 0}), 0, 0);
            expect([look, urgency]).toEqual([state, null]);
        }
        expect(getStatus(clockOf({state: "waiting", error: "No hours"}), 0, 0).look).toBe("error");
    });
});

describe("lengths", () => {
    test("two units at most, rounded down", () => {
        expect(splitLength(59)).toEqual({});
        expect(splitLength(60)).toEqual({hours: 0, minutes: 1});
        expect(splitLength(4 * HOUR + 10 * 60 + 59)).toEqual({hours: 4, minutes: 10});
        expect(splitLength(50 * HOUR)).toEqual({hours: 50, minutes: 0});
    });

    test("what is overdue is rounded up", () => {
        expect(splitLength(-59, {up: true})).toEqual({});
        expect(splitLength(-61, {up: true})).toEqual({hours: 0, minutes: 2});
        expect(splitLength(-(HOUR - 1), {up: true})).toEqual({hours: 1, minutes: 0});
    });

    test("days where the promise is in days, as long as its days are", () => {
        const daySeconds = 8 * HOUR;
        expect(splitLength(daySeconds - 1, {daySeconds})).toEqual({hours: 7, minutes: 59});
        expect(splitLength(28 * HOUR, {daySeconds})).toEqual({days: 3, hours: 4});
        expect(splitLength(28 * HOUR + 1, {daySeconds, up: true})).toEqual({days: 3, hours: 5});
        expect(splitLength(2 * daySeconds - 1, {daySeconds, up: true})).toEqual({
            days: 2,
            hours: 0,
        });
        expect(splitLength(daySeconds - 1, {daySeconds, up: true})).toEqual({days: 1, hours: 0});
        expect(splitLength(7.6 * HOUR - 1, {daySeconds: 7.6 * HOUR, up: true})).toEqual({
            days: 1,
            hours: 0,
        });
    });
});

describe("bar", () => {
    const rows = [
        {kind: "counted", start: "2026-03-16 09:00:00", end: "2026-03-16 11:00:00", seconds: 7200},
        {kind: "paused", start: "2026-03-16 11:00:00", end: "2026-03-16 12:00:00", seconds: 0},
        {kind: "off", start: "2026-03-16 12:00:00", end: "2026-03-16 13:00:00", seconds: 0},
        {kind: "counted", start: "2026-03-16 13:00:00", end: "2026-03-16 17:00:00", seconds: 14400},
    ];
    const clock = {...clockOf({deadline: "2026-03-16 17:00:00", budget: 6 * HOUR}), met: false};

    test("moments skip what does not count", () => {
        expect(findMoment(rows, 7200)).toBe(at("16 11:00"));
        expect(findMoment(rows, 3 * HOUR)).toBe(at("16 14:00"));
        expect(findMoment(rows, 7 * HOUR)).toBe(null);
    });

    test("pieces, marks and now lie where they belong", () => {
        const bar = layOut({...clock, rows}, at("16 13:00"));
        expect(bar.pieces.map(({kind, left, width}) => [kind, left, width])).toEqual([
            ["counted", 0, 25],
            ["paused", 25, 12.5],
            ["off", 37.5, 12.5],
            ["counted", 50, 50],
        ]);
        expect(bar.marks.map(({percent, left}) => [percent, left])).toEqual([
            [50, 62.5],
            [75, 81.25],
            [100, 100],
        ]);
        expect(bar.now).toBe(50);
    });

    test("red after the breach, until now or until it was met", () => {
        const late = layOut({...clock, rows}, at("17 01:00"));
        expect(late.pieces.at(-1)).toEqual({kind: "late", why: "", left: 50, width: 50});
        const met = layOut(
            {...clock, state: "failed", met: "2026-03-16 21:00:00", rows},
            at("20 01:00"),
        );
        expect(met.pieces.at(-1).width).toBeWithin(33, 34);
        expect(met.met).toBe(100);
        expect(met.now).toBe(null);
    });

    test("labels that would cover each other are left out", () => {
        const close = {...clock, watch_percent: 90, risk_percent: 95, rows};
        const {marks} = layOut(close, at("16 13:00"));
        expect(marks.map((mark) => mark.isLabelled)).toEqual([false, false, true]);
    });

    test("nothing to draw before it starts", () => {
        expect(layOut({...clock, rows: []}, 0).pieces).toEqual([]);
    });
});
