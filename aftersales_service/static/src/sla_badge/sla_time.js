/**
 * The arithmetic of SLA badges: it knows neither Odoo nor the screen.
 *
 * Instants are milliseconds since 1970, lengths whole seconds of the promise's own time. `slices`
 * are the working spans of the coming days as the server sent them, null where the promise runs
 * round the clock.
 */

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The instant of a server string such as "2026-03-14 08:00:00" (UTC), null where there is none. */
export function readInstant(text) {
    return text ? Date.parse(`${text.replace(" ", "T")}Z`) : null;
}

/** The server's spans as pairs of instants. */
export function readSlices(slices) {
    return slices && slices.map((span) => span.map(readInstant));
}

/** How much of the promise's time lies between two instants, as far as the slices tell. */
export function countBetween(slices, start, end) {
    if (end <= start) {
        return 0;
    }
    const spans = slices || [[start, end]];
    const lengths = spans.map(([first, last]) => Math.min(last, end) - Math.max(first, start));
    const counted = lengths.filter((length) => length > 0).reduce((sum, one) => sum + one, 0);
    return Math.floor(counted / 1000);
}

/** What is left of a promise, negative when overdue; counted on from when the server sent it. */
export function countLeft(clock, sentAt, now) {
    const deadline = readInstant(clock.deadline);
    if (clock.state !== "running" || deadline === null) {
        return clock.left;
    }
    const left = clock.left - countBetween(readSlices(clock.slices), sentAt, now);
    return now > deadline ? Math.min(left, -1) : Math.max(left, 0);
}

/** How much time pauses took out so far. */
export function countPaused(clock, sentAt, now) {
    if (clock.state !== "paused") {
        return clock.paused;
    }
    return clock.paused + countBetween(readSlices(clock.slices), sentAt, now);
}

/** How late a clock is: "ok", "watch", "risk" or "breached". */
export function getUrgency(clock, left) {
    if (left < 0) {
        return "breached";
    }
    const {budget} = clock;
    const used = budget - left;
    const reached = (percent) => used >= Math.ceil((budget * percent) / 100);
    // the minutes count only where at least twice as much is promised
    const warned = clock.risk_minutes * MINUTE;
    if (reached(clock.risk_percent) || (budget >= 2 * warned && left <= Math.round(warned))) {
        return "risk";
    }
    return reached(clock.watch_percent) ? "watch" : "ok";
}

/** Whether work rests now, and when it goes on (null where the slices do not reach as far). */
export function getRest(clock, now) {
    const slices = clock.state === "running" ? readSlices(clock.slices) : null;
    if (!slices || slices.some(([first, last]) => first <= now && now < last)) {
        return {isResting: false, resumesAt: null};
    }
    const next = slices.find(([first]) => first > now);
    return {isResting: true, resumesAt: next ? next[0] : null};
}

/**
 * Everything a badge shows of a clock at an instant.
 *
 * `look` is one of error, waiting, ok, watch, risk, breached, paused, off, met, failed, cancelled;
 * `urgency` is null for what nobody waits for. A late clock says so at night, too.
 */
export function getStatus(clock, sentAt, now) {
    const left = countLeft(clock, sentAt, now);
    const isOpen = ["running", "paused"].includes(clock.state);
    const urgency = isOpen ? getUrgency(clock, left) : null;
    const {isResting, resumesAt} = getRest(clock, now);
    const look = getLook(clock, urgency, isResting);
    return {left, urgency, isResting, resumesAt, look};
}

function getLook(clock, urgency, isResting) {
    switch (clock.state) {
        case "running":
            return isResting && urgency !== "breached" ? "off" : urgency;
        case "waiting":
            return clock.error ? "error" : "waiting";
        default:
            return clock.state;
    }
}

/**
 * A length in two units at most, such as {hours: 4, minutes: 10}; {} is less than a minute.
 *
 * Without `daySeconds` (how long a day of the promise is) there are no days. What is left is
 * rounded down, what is overdue `up`.
 */
export function splitLength(seconds, {daySeconds = Infinity, up = false} = {}) {
    const length = Math.abs(seconds);
    if (length < MINUTE) {
        return {};
    }
    const cut = up ? Math.ceil : Math.floor;
    const minutes = cut(length / MINUTE);
    if (minutes * MINUTE < daySeconds) {
        return {hours: Math.floor(minutes / 60), minutes: minutes % 60};
    }
    const days = Math.floor(length / daySeconds);
    // rounded up, the hours may fill the day
    const rest = Math.min(cut((length % daySeconds) / HOUR) * HOUR, daySeconds);
    return rest < daySeconds ? {days, hours: rest / HOUR} : {days: days + 1, hours: 0};
}
