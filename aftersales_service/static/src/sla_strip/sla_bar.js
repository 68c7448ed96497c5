/** Where things lie on the bar of a clock, in percent of its width. Knows no Odoo. */
import {readInstant} from "@aftersales_service/sla_badge/sla_time";

/** So much of a bar the label of a mark takes on a phone, in percent. */
const LABEL_WIDTH = 12;

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
 * `marks` at watch, risk and 100 % of the promise, `now` and `met` (null where they are not on it).
 */
export function layOut(clock, now) {
    if (!clock.rows.length) {
        return {pieces: [], marks: [], now: null, met: null};
    }
    const start = readInstant(clock.rows[0].start);
    const deadline = readInstant(clock.deadline);
    const isRunning = clock.state === "running";
    const lateUntil = getLateEnd(clock, deadline, now);
    const met = readInstant(clock.met);
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
        met: met === null ? null : place(met),
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
    const marks = percents
        .map((percent) => {
            const moment = findMoment(clock.rows, Math.ceil((clock.budget * percent) / 100));
            return {percent, left: moment === null ? null : place(moment)};
        })
        .filter((mark) => mark.left !== null);
    // of marks too close together only the last is labelled
    return marks.map((mark, index) => ({
        ...mark,
        isLabelled: index + 1 === marks.length || marks[index + 1].left - mark.left > LABEL_WIDTH,
    }));
}
