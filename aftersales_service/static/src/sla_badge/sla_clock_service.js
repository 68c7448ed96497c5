import {onWillDestroy, reactive, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {readInstant} from "./sla_time";

const INTERVAL = 60000;

/**
 * The server's clock, and one pulse per page on which all badges count on.
 *
 * What the server sent is always older than it looks, never newer. So of all offsets seen between
 * this computer's clock and the server's, the smallest is the truest; a wrong clock on this
 * computer shows nothing wrong.
 */
export const slaClockService = {
    start() {
        const pulse = reactive({count: 0});
        let offset = Infinity;
        let listeners = 0;
        let timer = null;

        return {
            pulse,
            /** The server's time now, by what it said when it sent something (at `sentAt`). */
            getNow(sentAt) {
                const now = Date.now();
                if (sentAt) {
                    offset = Math.min(offset, now - readInstant(sentAt));
                }
                return Number.isFinite(offset) ? now - offset : now;
            },
            follow() {
                listeners += 1;
                timer ??= browser.setInterval(() => pulse.count++, INTERVAL);
                return () => {
                    listeners -= 1;
                    if (!listeners) {
                        browser.clearInterval(timer);
                        timer = null;
                    }
                };
            },
        };
    },
};

registry.category("services").add("aftersales_sla_clock", slaClockService);

/** Render this component again with every pulse; returns the server's clock. */
export function useServerClock() {
    const clock = useService("aftersales_sla_clock");
    const pulse = useState(clock.pulse);
    onWillDestroy(clock.follow());
    return {
        getNow(sentAt) {
            void pulse.count; // whoever asks is rendered again with the pulse
            return clock.getNow(sentAt);
        },
    };
}
