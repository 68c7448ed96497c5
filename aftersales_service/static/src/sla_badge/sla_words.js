import {_t} from "@web/core/l10n/translation";
import {countPaused, readInstant, splitLength} from "./sla_time";

const {DateTime} = luxon;

const TIME = {hour: "2-digit", minute: "2-digit", hourCycle: "h23"};
const DAY = {weekday: "short", day: "numeric", month: "short"};

/** A length in words, such as "4h 10m"; options as splitLength takes them. */
export function sayLength(seconds, options) {
    const {days = 0, hours = 0, minutes = 0} = splitLength(seconds, options);
    if (days) {
        return hours ? _t("%(days)sd %(hours)sh", {days, hours}) : _t("%(days)sd", {days});
    }
    if (hours) {
        return minutes
            ? _t("%(hours)sh %(minutes)sm", {hours, minutes})
            : _t("%(hours)sh", {hours});
    }
    return minutes ? _t("%(minutes)sm", {minutes}) : _t("<1m");
}

/** A length to the second, such as "3:05:00" or "3:05", so that a column of them adds up. */
export function sayExactly(seconds) {
    const two = (number) => String(number).padStart(2, "0");
    const parts = [Math.floor(seconds / 3600), two(Math.floor(seconds / 60) % 60)];
    return [...parts, ...(seconds % 60 ? [two(seconds % 60)] : [])].join(":");
}

/** "Mon 09:00" */
export function sayHour(instant) {
    return DateTime.fromMillis(instant).toLocaleString({weekday: "short", ...TIME});
}

/** "Tue, Oct 14, 16:30" */
export function sayMoment(instant) {
    return DateTime.fromMillis(instant).toLocaleString({...DAY, ...TIME});
}

/** "Tue, Oct 14, 2025, 16:30", in the user's time zone or in `zone`. */
export function sayInstant(instant, zone = "default") {
    const words = {...DAY, year: "numeric", ...TIME};
    return DateTime.fromMillis(instant).setZone(zone).toLocaleString(words);
}

function getLengthOptions(clock, up = false) {
    return {daySeconds: clock.in_days ? clock.day_seconds : Infinity, up};
}

const LABELS = {
    error: () => _t("Does not run"),
    waiting: () => _t("Not started"),
    breached: (clock, {left}) => _t("Overdue %s", sayLength(left, getLengthOptions(clock, true))),
    paused: (clock) => (clock.reason ? _t("Paused · %s", clock.reason) : _t("Paused")),
    off: (clock, status) =>
        status.resumesAt ? _t("Resumes %s", sayHour(status.resumesAt)) : sayLeft(clock, status),
    met: (clock, {left}) =>
        _t("Met in %s", sayLength(clock.budget - left, getLengthOptions(clock))),
    failed: (clock, {left}) => _t("Met %s late", sayLength(left, getLengthOptions(clock, true))),
    cancelled: () => _t("Replaced"),
};

function sayLeft(clock, {left}) {
    return _t("%s left", sayLength(left, getLengthOptions(clock)));
}

/** What a badge says. */
export function sayStatus(clock, status) {
    return (LABELS[status.look] || sayLeft)(clock, status);
}

/** The lines of a badge's tooltip: target, due, due over there, pauses, policy. */
export function explainStatus(clock, status, sentAt, now) {
    return [
        _t("%(milestone)s: %(target)s", {milestone: clock.label, target: clock.target}),
        ...sayHow(clock, status, now),
        ...sayDue(clock),
        ...sayPauses(clock, sentAt, now),
        ...(clock.error ? [clock.error] : []),
        ...(clock.policy ? [_t("Policy: %s", clock.policy)] : []),
    ];
}

function sayHow(clock, status, now) {
    switch (status.look) {
        case "waiting":
            return [_t("Starts with: %s", clock.start_event)];
        case "paused":
            return [sayStatus(clock, status), sayLeftOfPause(clock, status)];
        case "off":
            return [sayLeft(clock, status)];
        case "breached":
            return clock.slices ? [sayCalendarTime(clock, now)] : [];
        default:
            return [];
    }
}

function sayLeftOfPause(clock, {left}) {
    if (left < 0) {
        return _t(
            "It was overdue %s when it stopped",
            sayLength(left, getLengthOptions(clock, true)),
        );
    }
    return _t("%s left when it goes on", sayLength(left, getLengthOptions(clock)));
}

function sayCalendarTime(clock, now) {
    const passed = (now - readInstant(clock.deadline)) / 1000;
    const words = sayLength(passed, {daySeconds: 24 * 3600, up: true});
    return _t("Overdue %s, nights and days off included", words);
}

function sayDue(clock) {
    const deadline = readInstant(clock.deadline);
    if (deadline === null) {
        return [];
    }
    const date = sayInstant(deadline);
    const zone = DateTime.fromMillis(deadline).zoneName;
    const there = sayInstant(deadline, clock.tz);
    return [
        _t("Due %(date)s (your time, %(zone)s)", {date, zone}),
        ...(there === date ? [] : [_t("Due %(date)s (%(zone)s)", {date: there, zone: clock.tz})]),
    ];
}

function sayPauses(clock, sentAt, now) {
    if (!clock.pauses) {
        return [];
    }
    const length = sayLength(countPaused(clock, sentAt, now), getLengthOptions(clock));
    return [_t("Paused so far: %(length)s (%(times)s×)", {length, times: clock.pauses})];
}
