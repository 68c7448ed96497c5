/** Where things lie on the bar of a clock, in percent of its width. Knows no Odoo. */
import {readInstant} from "@aftersales_service/sla_badge/sla_time";

/** The instant at which so many seconds have been counted; null where the rows end before. */
export function findMoment(rows, seconds) {
    let left = seconds;
    for (const row of rows) {
        if (row.kind !== "counted") {
            continue;
        }
        if (left <= row.seconds) {
            return readInstant(row.start) + left * 1000;
        }
        left -= row.seconds;
    }
    return null;
}

/**
 * What the bar of an explained clock draws at an instant: `pieces` (counted, off, paused, late),
 * `marks` at watch, risk and 100 % of the promise, and `now` (null where it lies outside).
 */
export function layOut(clock, now) {
    if (!clock.rows.length) {
        return {pieces: [], marks: [], now: null};
    }
    const start = readInstant(clock.rows[0].start);
    const deadline = readInstant(clock.deadline);
    const isRunning = clock.state === "running";
    const lateUntil = getLateEnd(clock, deadline, now);
    const end = Math.max(readInstant(clock.rows.at(-1).end), lateUntil || 0, start + 1000);
    const place = (instant) => ((instant - start) / (end - start)) * 100;
    const pieces = clock.rows.map((row) => ({...row, ...span(row, place)}));
    if (lateUntil) {
        const left = place(deadline);
        pieces.push({kind: "late", why: "", left, width: place(lateUntil) - left});
    }
    return {
        pieces,
        marks: getMarks(clock, place),
        now: isRunning && now <= end ? place(now) : null,
    };
}

function span(row, place) {
    const left = place(readInstant(row.start));
    return {left, width: place(readInstant(row.end)) - left};
}

/** Until when a clock was or is late; null where it is not. */
function getLateEnd(clock, deadline, now) {
    if (deadline === null) {
        return null;
    }
    const end = clock.state === "failed" ? readInstant(clock.met) : now;
    const isLate = ["running", "failed"].includes(clock.state) && end > deadline;
    return isLate ? end : null;
}

function getMarks(clock, place) {
    const percents = [...new Set([clock.watch_percent, clock.risk_percent, 100])];
    return percents
        .map((percent) => {
            const moment = findMoment(clock.rows, Math.ceil((clock.budget * percent) / 100));
            return {percent, left: moment === null ? null : place(moment)};
        })
        .filter((mark) => mark.left !== null);
}
